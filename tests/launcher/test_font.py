from fontTools.ttLib import TTFont

from launcher.frontend import FONT_SOURCE, OF_ONE_WIDTH, widen_figures_only


def _widened(font: TTFont) -> set[str]:
    layout = font["GSUB"].table
    features = [record.Feature for record in layout.FeatureList.FeatureRecord if record.FeatureTag == "tnum"]
    places = {place for feature in features for place in feature.LookupListIndex}
    parts = [part for place in places for part in layout.LookupList.Lookup[place].SubTable]
    return {letter for part in parts for letter in getattr(part, "ExtSubTable", part).mapping}


def test_figures_of_one_width_leave_hyphens_and_spaces_as_they_are() -> None:
    font = TTFont(FONT_SOURCE, lazy=False)
    assert {"hyphen", "space"} <= _widened(font)

    widen_figures_only(font)

    assert _widened(font) == OF_ONE_WIDTH
