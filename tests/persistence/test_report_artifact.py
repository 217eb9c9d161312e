"""The report of a real training is an artifact of its run, byte for byte."""

from hemml.report import write_report
from hemml.tracking import Store, log_training


def test_report_is_logged_with_the_parent_run(trained, tmp_path):
    report = write_report(trained, tmp_path / "report")
    store = Store.at(tmp_path / "store" / "mlflow.db")
    (tmp_path / "store").mkdir()
    logged = log_training(trained, {}, store=store, report=report.parent)
    (copy,) = (tmp_path / "store").rglob("report.html")
    assert logged.run in copy.parts
    assert copy.parent.name == "report"
    files = {path.relative_to(report.parent): path.read_bytes() for path in report.parent.rglob("*") if path.is_file()}
    assert len(files) > 5
    assert {
        path.relative_to(copy.parent): path.read_bytes() for path in copy.parent.rglob("*") if path.is_file()
    } == files


def test_report_of_a_training_shows_what_the_training_made(trained, tmp_path):
    text = write_report(trained, tmp_path / "report").read_text(encoding="utf-8")
    for absent in ("Ranks within the predictive distributions were not recorded", "were not recorded in this run"):
        assert absent not in text
    assert "average_voltage_V-learning-curve" in text
