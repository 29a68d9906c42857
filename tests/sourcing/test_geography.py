"""Where a postal code lies, roughly."""

import pytest

from sourcing.geography import kilometres, known_countries, locate


@pytest.mark.parametrize(
    ("country", "postal_code", "lat", "lon"),
    [
        ("FR", "75011", 48.9, 2.3),
        ("FR", "69003", 45.8, 4.7),
        ("FR", "20200", 42.5, 9.3),
        ("FR", "97410", -21.1, 55.5),
        ("gb", "sw1a 1aa", 51.5, -0.2),
        ("GB", "S10 2TN", 53.4, -1.4),
        ("GB", "M20 2AB", 53.5, -2.2),
        ("CH", "1204", 46.2, 6.1),
        ("CH", "8001", 47.4, 8.5),
    ],
)
def test_a_postal_code_lies_at_its_areas_centre(country: str, postal_code: str, lat: float, lon: float) -> None:
    assert locate(country, postal_code) == (lat, lon)


@pytest.mark.parametrize("postal_code", ["", "00000", "nonsense"])
def test_an_unknown_postal_code_lies_at_the_middle_of_its_country(postal_code: str) -> None:
    assert locate("FR", postal_code) == (46.6, 2.5)
    assert locate("IE", postal_code) == (53.4, -8.2)


def test_an_unknown_country_lies_nowhere() -> None:
    assert locate("ZZ", "75011") is None


def test_every_country_of_the_iso_list_is_known() -> None:
    assert len(known_countries()) == 249


def test_paris_is_about_390_kilometres_from_lyon() -> None:
    paris, lyon = (48.857, 2.352), (45.764, 4.836)
    assert kilometres(paris, lyon) == pytest.approx(392, abs=2)
    assert kilometres(lyon, paris) == kilometres(paris, lyon)


def test_a_place_is_no_distance_from_itself_and_half_the_world_from_its_antipode() -> None:
    assert kilometres((10, 20), (10, 20)) == 0
    assert kilometres((0, 0), (0, 180)) == pytest.approx(20015, abs=1)
