"""`stackalpha rerun` decides stored receipts again, and says which were altered."""

import base64
from pathlib import Path

from typer.testing import CliRunner

from app.cli.commands import app
from app.domain.decision import decide_batch
from app.domain.receipts import RULE_VERSION, receipts_of
from tests.domain.books import Drawing


def receipts(count: int) -> list[bytes]:
    drawing = Drawing(3)
    cases = [drawing.case() for _ in range(count)]
    return receipts_of(cases, decide_batch(cases))


def rerun(text: str, path: Path) -> tuple[int, str]:
    path.write_text(text)
    result = CliRunner().invoke(app, ["rerun", str(path)])
    return result.exit_code, " ".join(result.output.split())


def test_receipts_in_every_form_are_decided_again(tmp_path: Path) -> None:
    plain, hexadecimal, base64_text = receipts(3)
    lines = [plain.decode(), "\\x" + hexadecimal.hex(), "", base64.b64encode(base64_text).decode()]
    code, said = rerun("\n".join(lines), tmp_path / "receipts")
    assert (code, said) == (0, "3 receipts decided again, 3 to identical bytes, 0 not.")


def test_an_altered_receipt_is_named(tmp_path: Path) -> None:
    held = receipts(2)
    altered = held[1].replace(b'"approved":', b'"approved": ')
    code, said = rerun(f"{held[0].decode()}\n{altered.decode()}\n", tmp_path / "receipts")
    assert code == 1
    assert "Line 2: the receipt does not follow from its own facts; it was altered." in said
    assert "2 receipts decided again, 1 to identical bytes, 1 not." in said


def test_a_receipt_of_another_rule_version_says_whether_the_answer_is_the_same(tmp_path: Path) -> None:
    (receipt,) = receipts(1)
    older = receipt.replace(f'"rule_version":"{RULE_VERSION}"'.encode(), b'"rule_version":"0"').decode()
    code, said = rerun(older, tmp_path / "receipts")
    assert code == 1
    assert f"Line 1: made by rule version 0; version {RULE_VERSION} gives the same answer." in said


def test_what_is_no_receipt_is_refused_with_its_line(tmp_path: Path) -> None:
    for text in ("{}", "?", "\\xzz"):
        path = tmp_path / "receipts"
        path.write_text(text)
        result = CliRunner().invoke(app, ["rerun", str(path)])
        assert result.exit_code != 0
        assert "Line 1" in str(result.exception)
