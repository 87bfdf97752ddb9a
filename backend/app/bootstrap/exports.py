"""Joins exports with the folder that they are written to."""

from datetime import timedelta

from app.adapters.arq_queue import ArqQueue
from app.adapters.export_files import ExportFolder
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.db import Database
from app.services.exports import ExportJob, Exports, ExportTerms


def export_folder(settings: Settings) -> ExportFolder:
    """Where files of exports are."""
    return ExportFolder(settings.export_dir or settings.var_dir / "exports")


def exports(settings: Settings, database: Database, bell: ArqQueue) -> Exports:
    """The API's side of exports."""
    terms = ExportTerms(settings.max_exports_per_day, timedelta(days=settings.export_days))
    return Exports(database, export_folder(settings), bell, terms, utc_now)


def export_job(settings: Settings, tenants: Database) -> ExportJob:
    """The job's side of exports."""
    return ExportJob(tenants, export_folder(settings), utc_now)
