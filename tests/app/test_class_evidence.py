"""Class evidence: the page says when the image was learned and leads on to where it looked."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from training.runs import Run
from viz import answer, ask
from viz.class_evidence import ClassEvidenceLook, ClassEvidenceQuery

Open = Callable[..., AppTest]


def test_the_page_tells_in_words_what_the_command_tells(app: Open, small: Run) -> None:
    test = app("class_evidence", image="val:7")
    assert not test.exception
    query = ClassEvidenceQuery(str(small.path), image="7")
    answer(query, cached_only=True)
    said = ask(query, ClassEvidenceLook()).shown.words()
    shown = [element.value.replace("\\", "") for element in test.markdown]
    assert said in shown


def test_a_class_in_the_address_is_followed(app: Open, small: Run) -> None:
    test = app("class_evidence", image="val:7", label=1)
    assert not test.exception
    assert any(small.classes[1] in element.value for element in test.markdown)


def test_it_leads_on_to_where_the_network_looked_then(
    app: Open, in_address: Callable[[AppTest, str], str | None]
) -> None:
    test = app("class_evidence", image="val:7")
    [button] = [each for each in test.button if each.label.startswith("Where it looked")]
    button.click().run()
    assert not test.exception
    assert test.title[0].value == "Occlusion"
    assert in_address(test, "image") == "val:7"
