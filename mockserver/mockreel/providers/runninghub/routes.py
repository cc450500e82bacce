"""Which function answers which operation of the contract."""

from collections.abc import Mapping

from mockreel.providers.runninghub.resources import account, legacy_tasks, tasks, uploads, webhook_events
from mockreel.simulator.adapter import Handler

HANDLERS: Mapping[str, Handler] = {
    "submit_task": tasks.submit_task,
    "query_task": tasks.query_task,
    "run_app": tasks.run,
    "run_workflow": tasks.run,
    "start_workflow": legacy_tasks.start,
    "start_app": legacy_tasks.start,
    "start_quick_app": legacy_tasks.start,
    "get_task_status": legacy_tasks.get_status,
    "get_task_outputs": legacy_tasks.get_outputs,
    "cancel_task": legacy_tasks.cancel,
    "upload_media": uploads.upload_media,
    "upload_file": uploads.upload_file,
    "get_webhook": webhook_events.get_webhook,
    "retry_webhook": webhook_events.retry_webhook,
    "preview_price": account.preview_price,
    "get_account": account.get_account,
    "get_queue": account.get_queue,
    "get_workflow_json": account.get_workflow_json,
    "get_app_demo": account.get_app_demo,
}
