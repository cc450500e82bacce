"""An input is written in the form of its model's schema; other values are left for the provider to reject."""

from typing import Any

import pytest
from support.client_rig import loaded

from mockreel.client.input_format import formatted

LITE = ("aimlapi", "veo-3.1-lite-generate-001")
FLOW = ("runflow", "google/veo3.1/lite")
HUB = ("runninghub", "rhart-video-v3.1-lite-official/text-to-video")


@pytest.mark.parametrize(
    ("model", "given", "written"),
    [
        *[(LITE, {"duration": value}, {"duration": 8}) for value in (8, "8", "8s", 8.0)],
        *[(FLOW, {"duration": value}, {"duration": "8s"}) for value in (8, "8", "8s")],
        *[(HUB, {"duration": value}, {"duration": "8"}) for value in (8, "8", "8s")],
        *[(LITE, {"resolution": value}, {"resolution": "720P"}) for value in ("720p", "720P")],
        *[(HUB, {"resolution": value}, {"resolution": "720p"}) for value in ("720p", "720P")],
        (HUB, {"seed": "7"}, {"seed": 7}),
        (HUB, {"seed": 7}, {"seed": 7}),
        (FLOW, {"safety_tolerance": 4}, {"safety_tolerance": "4"}),
        (LITE, {"duration": 7}, {"duration": 7}),
        (LITE, {"duration": "long"}, {"duration": "long"}),
        (LITE, {"generate_audio": "true"}, {"generate_audio": "true"}),
        (LITE, {"generate_audio": True}, {"generate_audio": True}),
        (LITE, {"prompt": "8s", "unknown": "8"}, {"prompt": "8s", "unknown": "8"}),
        (LITE, {"duration": None, "image_url": ["x"]}, {"duration": None, "image_url": ["x"]}),
    ],
)
def test_a_value_is_converted_to_the_form_of_the_schema(model: tuple[str, str], given: Any, written: Any) -> None:
    """And only where that is the same value."""
    contract = loaded(model[0], ())
    found = formatted(contract, contract.names[model[1]], given)

    assert found == written
    assert [type(value) for value in found.values()] == [type(value) for value in written.values()]
