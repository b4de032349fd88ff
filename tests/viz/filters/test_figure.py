from viz.drawing.style import HEAD, MARGIN
from viz.filters import first_layer
from viz.filters.figure import filters_figure, filters_pointing

GREY = [128, 128, 128]


def test_a_weight_of_zero_is_mid_grey_and_a_kernel_pixel_a_square(weight, pixels_of):
    drawn = pixels_of(filters_figure(first_layer(weight)))
    first = drawn[HEAD : HEAD + 48, MARGIN : MARGIN + 48]  # 3 px, enlarged 16 times
    assert (first == GREY).all()
    second = drawn[HEAD : HEAD + 48, MARGIN + 50 : MARGIN + 98]
    assert (second == [255, 128, 128]).all()


def test_the_scale_of_the_filters_names_its_ends(weight, words_of):
    assert {"−2", "0", "2"} <= set(words_of(filters_figure(first_layer(weight))))


def test_filters_on_scales_of_their_own_have_no_common_scale_bar(weight):
    figure = filters_figure(first_layer(weight, scale="each"))
    assert len(figure.axes) == 1


def test_a_click_on_a_sorted_sheet_returns_the_filter_s_own_number(weight):
    figure = filters_pointing(first_layer(weight, order="norm"))
    markers = figure.data[1]
    assert list(markers.customdata) == [2, 1, 3, 0]
    assert markers.hovertext[0].startswith("filter 2")
    assert markers.x[0] < markers.x[1]


def test_the_chosen_filter_is_outlined_where_it_lies(weight):
    figure = filters_pointing(first_layer(weight, order="norm"), chosen=1)
    (outline,) = figure.layout.shapes
    assert outline.x0 < figure.data[1].x[1] < outline.x1
