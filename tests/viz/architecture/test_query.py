"""What a network is made of, as arrays."""

import numpy as np

from training.runs import Run
from viz import ask
from viz.architecture import ArchitectureQuery
from viz.store.query import Look


def test_the_arrays_hold_output_sizes_and_receptive_fields(run: Run):
    arrays = ask(ArchitectureQuery(str(run.path)), Look()).shown.arrays()
    place = {name: index for index, name in enumerate(arrays["name"].tolist())}
    geometry = run.network(0).geometry
    for layer in ("conv1", "pool2", "conv5"):
        field, at = geometry[layer], place[layer]
        assert arrays["receptive_field"][at] == field.size
        assert arrays["stride"][at] == field.stride
        assert arrays["start"][at] == field.start
    assert arrays["output"][place["conv1"]].tolist()[0] == 6
    assert arrays["output"][place["fc6"]].tolist() == [16, 1, 1]
    assert np.isnan(arrays["receptive_field"][place["fc6"]])


def test_an_adopted_network_is_called_as_its_author_calls_it(run: Run):
    file = run.path / "run.json"
    text = file.read_text()
    file.write_text(text.replace("{", '{"adopted": {"name": "MyNet"}, ', 1))
    assert ask(ArchitectureQuery(str(run.path)), Look()).shown.name == "MyNet"
