"""Act nine: finance takes the ledger home, as CSV and as XLSX, and both say what the page said."""

import csv
from decimal import Decimal
from pathlib import Path

from python_calamine import CalamineWorkbook

from tests.road.people import Person

SUMS = ("Authority", "Cash")


def totals_on_the_page(finance: Person) -> dict[str, Decimal]:
    finance.menu("Ledger")
    table = finance.main.get_by_role("table", name="Ledger entries")
    heads = [head.strip() for head in table.get_by_role("columnheader").all_inner_texts()]
    cells = table.get_by_role("row").last.locator("th, td").all_inner_texts()
    amounts = [cell.replace("USD", "").replace(",", "").strip() for cell in cells]
    return {name: Decimal(amounts[[head.lower() for head in heads].index(name.lower())]) for name in SUMS}


def download(finance: Person, kind: str, folder: Path) -> Path:
    """Asked for on the list's own page, made by the worker while the page shows how far it is, then downloaded."""
    finance.menu("Ledger")
    finance.press(kind)
    with finance.page.expect_download() as coming:
        finance.follow("Download")
    file = folder / coming.value.suggested_filename
    coming.value.save_as(file)
    return file


def totals_in_csv(file: Path) -> dict[str, Decimal]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {name: sum((Decimal(row[name] or 0) for row in rows), Decimal(0)) for name in SUMS}


def totals_in_xlsx(file: Path) -> dict[str, Decimal]:
    """Of the rows above the line of totals, which has no number in its first column."""
    head, *rows = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()
    entries = [dict(zip(head, row, strict=True)) for row in rows if isinstance(row[0], float)]
    return {name: sum((Decimal(str(row[name] or 0)) for row in entries), Decimal(0)) for name in SUMS}
