"""What visitors do to the workbench: rows that tests of its pages and its jobs hold.

Eight visitors at once are too many for a test: `python -m benchmarks.reliability many_visitors`.
"""

from tests.attacks.rows import missing

PAGES, JOBS = "app/test_frame.py::test_", "app/test_jobs.py::test_"
HELD = {
    "the slider moved many times": [
        PAGES + "moving_the_epoch_slider_redraws_the_filters",
        JOBS + "a_new_question_ends_the_earlier_one_unless_somebody_else_waits_for_it",
    ],
    "a reload in the middle of a job, a restart of the server": [
        JOBS + "a_job_is_found_again_after_a_reload_and_can_be_cancelled",
        JOBS + "a_job_that_an_older_version_started_is_found_again",
    ],
    "cancel": [JOBS + "cancelling_ends_the_job_to_its_last_child"],
    "a run deleted while open": [
        PAGES + "a_run_deleted_while_open_is_gone_and_the_next_one_is_shown"
    ],
    "two uploads that differ in a few pixels": [
        "app/test_images.py::test_two_uploads_that_differ_in_one_pixel_are_two"
    ],
    "anything in an address": [
        "app/test_mutated_addresses.py::test_any_address_draws_its_page",
        "app/test_addresses.py::test_no_other_file_is_opened_because_an_address_names_it",
        PAGES + "an_epoch_that_is_not_there_gives_the_default_and_a_notice",
        PAGES + "a_run_that_is_not_there_gives_the_default_and_a_notice",
    ],
    "a name that is a path or a script": [
        "app/test_images.py::test_the_name_of_an_upload_is_no_path_and_no_markup"
    ],
    "a tab open for a day": [
        "viz/store/test_lend.py::test_a_network_is_lent_again_and_few_are_held"
    ],
}


def test_the_tests_that_hold_these_faults_are_there() -> None:
    assert missing(HELD) == []
