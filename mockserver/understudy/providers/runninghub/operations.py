"""Which function answers which operation of the contract."""

from collections.abc import Mapping

from understudy.player import Handler
from understudy.providers.runninghub import account, old_tasks, tasks, uploads, webhooks

HANDLERS: Mapping[str, Handler] = {
    "submit_task": tasks.submit_task,
    "query_task": tasks.query_task,
    "run_app": tasks.run,
    "run_workflow": tasks.run,
    "start_workflow": old_tasks.start,
    "start_app": old_tasks.start,
    "start_quick_app": old_tasks.start,
    "get_task_status": old_tasks.get_status,
    "get_task_outputs": old_tasks.get_outputs,
    "cancel_task": old_tasks.cancel,
    "upload_media": uploads.upload_media,
    "upload_file": uploads.upload_file,
    "get_webhook": webhooks.get_webhook,
    "retry_webhook": webhooks.retry_webhook,
    "preview_price": account.preview_price,
    "get_account": account.get_account,
    "get_queue": account.get_queue,
    "get_workflow_json": account.get_workflow_json,
    "get_app_demo": account.get_app_demo,
}
