"""The sections around the targets: what the report is about, the scores, how to read it, and its limits."""

from __future__ import annotations

from hemml.models.result import TrainingResult
from hemml.models.score_table import HEADER, score_rows
from hemml.report.parts import Cell, Section, Table

_READING = (
    (
        "Unseen papers",
        "Every score and figure of predictions is on papers that were kept out of the fit, of the search for "
        "parameters and of the calibration. A new composition comes from a new paper, so this is the question that "
        "matters.",
    ),
    (
        "Skill",
        "1 − MAE / MAE of the family median (the median of the training rows of the same role, working ion and "
        "family). 0: no better than looking up what such materials usually give; 1: no error.",
    ),
    (
        "Intervals of scores",
        "95 % bootstrap intervals over papers: whole papers are drawn again, because rows of one paper resemble each "
        "other.",
    ),
    (
        "Comparators",
        "Papers publish a baseline sample because it is worse, and say so; the rows “no comparators” leave these out, "
        "as a sample of your own would be.",
    ),
    (
        "Coverage",
        "A 90 % interval should hold 90 % of the measured values, for all rows and for every group. Mean width says "
        "what that costs.",
    ),
    (
        "Colours",
        "Classes differ in marker as well as in colour, and fields of heat maps carry their numbers, so that the "
        "figures can be read in grey and with any colour vision.",
    ),
)
_LIMITS = (
    "Papers differ more than compositions do: loading, carbon, binder, electrolyte and cycling habits are mostly not "
    "stated in the sources, and no model can know them.",
    "Abstracts print the good numbers: predictions are of published, not of average electrodes.",
    "Few rows are high-entropy materials and fewer are zinc cells: look at the parts of the rows, not only at all of "
    "them.",
    "Outside of the applicability domain (flagged rows) intervals are not calibrated.",
    "The learning curve and the groups left out are made with small forests and without any search: they compare well "
    "among themselves, and are near, not equal, to the scores of the model.",
    "Element effects tell what the model does with its inputs; they are no proof of a cause.",
)


def about_section(result: TrainingResult) -> Section:
    """What was learned from what, with which settings and versions."""
    facts = [
        ("Data", result.data_path),
        ("SHA-256 of the data", result.data_sha256),
        ("Git commit", result.git_commit or "not from a checkout"),
        ("hemml", result.versions.get("hemml", "-")),
        ("Seed", str(result.config.get("seed", "-"))),
        ("Outer folds by paper", str(result.config.get("outer_folds", "-"))),
        ("Level of the intervals", _percent(result.config.get("level"))),
        ("Duration of the training", f"{result.seconds:.0f} s"),
    ]
    text = (
        "This page tells how far the models of one training can be trusted. hemml predicts capacity, average voltage "
        "and capacity retention of battery electrodes from their formula and test conditions.",
    )
    table = Table.of("Where the models come from", ("Fact", "Value"), facts, 2)
    return Section("about", "About this training", (), text, (table,))


def versions_table(result: TrainingResult) -> Table:
    """Versions of the packages that the training ran with."""
    return Table.of("Versions of the packages", ("Package", "Version"), list(result.versions.items()), 2)


def scores_section(result: TrainingResult) -> Section:
    """The score table of all targets."""
    rows: list[tuple[str, ...]] = []
    target = ""
    for row in score_rows(result):
        target = row[0] or target
        rows.append((target, *row[1:]))
    caption = "Scores on unseen papers; MAE and mean width in the target's unit"
    text = ("Skill is 1 − MAE / MAE of the family median. Whether a target has skill is judged without comparators.",)
    return Section("scores", "Scores", (), text, (Table.of(caption, HEADER, rows, 2),))


def reading_section() -> Section:
    """How to read the report."""
    table = Table("Words", ("Word", "Meaning"), tuple((Cell(a), Cell(b)) for a, b in _READING), 2)
    return Section("reading", "How to read this report", (), (), (table,))


def limits_section() -> Section:
    """What the models cannot do."""
    return Section("limits", "Limits", (), _LIMITS)


def _percent(level: object) -> str:
    return f"{100 * level:g} %" if isinstance(level, float) else "-"
