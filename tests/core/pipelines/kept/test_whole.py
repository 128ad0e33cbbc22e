"""A whole pipeline over real files: a PDF, a Word document and a workbook, to a workbook."""

import json
from pathlib import Path

import openpyxl
import pytest

from core.app import build
from core.db import Database
from core.identity import Actor
from core.pipelines import RunDraft
from core.pipelines.tools.every import Means
from core.secrets import Vault
from tests.core.documents.papers import book, memo, pdf, report, word
from tests.core.pipelines.kept.bench import Mind

PIPELINE = """
pipeline:
  id: spreading
  goal: Spread the statements of {{params.company}}
  params:
    company: {type: string}
  tasks:
    - id: papers
      tool: ingest_document
      parallel_over: "{{pipeline.inputs.files}}"
      inputs: {path: "{{item}}"}
    - id: wanted
      tool: load_schema
      inputs: {source: template.xlsx}
    - id: pages
      tool: select
      inputs: {document: "{{papers.output}}", prompt: income statement}
    - id: tables
      tool: extract_from_tables
      inputs: {document: "{{pages.output}}"}
    - id: fields
      tool: extract_fields
      inputs: {document: "{{pages.output}}", schema: "{{wanted.output}}", period_end: "2024-12-31"}
    - id: label
      tool: compute
      inputs: {function: period_label, date: "2024-12-31", period_type: annual}
    - id: growth
      tool: compute
      inputs:
        function: calculate_derived_fields
        data: {now: "{{fields.Revenue}}", before: "{{tables.tables.first.rows.first.2023}}"}
        formulas: {growth: now / before - 1}
    - id: words
      tool: llm_job
      retry: 1
      inputs: {prompt: "One sentence for {{params.company}}", figures: "{{growth.output}}"}
    - id: keep
      tool: store
      inputs: {key: spread, value: "{{fields.output}}"}
    - id: save
      tool: export
      await: [keep]
      inputs:
        data: "{{session.spread}}"
        schema: "{{wanted.output}}"
        format: xlsx
        filename: "{{params.company}} {{label.output}}"
        analyst_notes: "{{words.output}}"
"""
TEMPLATE = (
    ("Field", "Type", "Required", "Formula"),
    ("Revenue", "number", "yes", ""),
    ("Net income", "number", "", ""),
    ("Margin", "number", "", "Net income / Revenue"),
    ("Auditor", "text", "", ""),
)


@pytest.fixture(params=["sqlite"])
async def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trellis.db"


async def test_statements_are_spread_from_paper_to_a_workbook(
    db: Database, vault: Vault, ada: Actor, tmp_path: Path
) -> None:
    def answer(said: str) -> str:
        if "Looked for" in said:
            return "[2]"
        if "Fields:" in said:
            return json.dumps({"Revenue": "1,250", "Net income": "(35)", "invented": 1})
        assert "--- figures ---" in said
        return "Acme grew."

    folder = tmp_path / "pipelines"
    folder.mkdir()
    (folder / "report.pdf").write_bytes(pdf(report))
    (folder / "memo.docx").write_bytes(word(memo))
    (folder / "template.xlsx").write_bytes(book({"Template": TEMPLATE}))
    mind = Mind(answer)
    core = build(db, vault, provider=mind.provider, means=Means(folder=folder))

    result = await core.pipelines.run(
        ada,
        RunDraft(
            pipeline=PIPELINE,
            params={"company": "Acme"},
            inputs={"files": ["report.pdf", "memo.docx"]},
            collect_events=True,
        ),
    )
    await core.audit.close()

    outputs = result.outputs
    assert [each["format"] for each in outputs["papers"]] == ["PDF", "DOCX"]
    assert outputs["fields"] == {
        "Revenue": 1250,
        "Net income": -35,
        "Margin": -0.028,
        "Auditor": "__not_found__",
    }
    assert outputs["growth"]["growth"] == pytest.approx(1250 / 1100 - 1)
    assert outputs["words"] == "Acme grew."
    path = Path(outputs["save"]["path"])
    assert path == folder / ada.organization_id / "outputs" / "Acme FY 2024.xlsx"
    sheets = openpyxl.load_workbook(path)
    assert [[cell.value for cell in row] for row in sheets["Data"].iter_rows()] == [
        ["field", "value"],
        ["Revenue", 1250],
        ["Net income", -35],
        ["Margin", -0.028],
        ["Auditor", "__not_found__"],
    ]
    assert sheets["Notes"]["A2"].value == "Acme grew."
    assert result.tasks_executed == 11
