"""The tour's band: on each step's page, led back to from others, begun and left by a click."""


def test_a_step_is_drawn_on_its_page_with_claim_and_number(app):
    page = app("filters", tour=1)
    said = " ".join(each.value for each in page.markdown)
    assert "1 of 10 · First-layer kernels" in said
    assert "**Paper:** 96 kernels" in said
    assert "**Here:** 6 kernels of 7×7×3 at stride 2" in said


def test_without_a_tour_there_is_no_band_but_a_link_that_begins_it(app):
    page = app("filters")
    assert not any("of 10" in each.value for each in page.markdown)


def test_next_leads_to_the_next_steps_page_and_take_it_up_to_its_own(app, in_address):
    page = app("filters", tour=1)
    page.button(key="tour next").click().run()
    assert in_address(page, "tour") == "2"
    page = app("mistakes", tour=3)
    page.button(key="tour on").click().run()
    assert any("3 of 10" in each.value for each in page.markdown)


def test_on_another_page_one_line_leads_back_to_the_step(app, in_address):
    page = app("mistakes", tour=3)
    assert any("step 3, what looks alike to it" in each.value for each in page.markdown)
    page.button(key="tour leave").click().run()
    assert in_address(page, "tour") is None
    assert not any("of 10" in each.value for each in page.markdown)


def test_a_step_that_there_is_not_is_told(app):
    page = app("filters", tour=11)
    assert any("no tour “11” here" in each.value for each in page.info)
