"""Which function answers which operation of the contract."""

from collections.abc import Mapping

from mockreel.providers.runninghub.resources import (
    account_details,
    apps,
    assets,
    file_uploads,
    legacy_tasks,
    tasks,
    webhook_events,
)
from mockreel.simulator.provider_adapter import Handler

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
    "upload_media": file_uploads.upload_media,
    "upload_file": file_uploads.upload_file,
    "get_webhook": webhook_events.get_webhook,
    "retry_webhook": webhook_events.retry_webhook,
    "preview_price": account_details.preview_price,
    "get_account": account_details.get_account,
    "get_queue": account_details.get_queue,
    "get_workflow_json": account_details.get_workflow_json,
    "list_keys": account_details.list_keys,
    "get_app_demo": apps.get_app_demo,
    "get_app_detail": apps.get_app_detail,
    "list_apps": apps.list_apps,
    "find_apps": apps.list_apps,
    "list_resources": apps.list_resources,
    "get_lora_upload_url": file_uploads.get_lora_upload_url,
    "create_asset": assets.create_asset,
    "get_asset": assets.get_asset,
    "list_assets": assets.list_assets,
    "update_asset": assets.update_asset,
    "delete_asset": assets.delete_asset,
    "create_asset_group": assets.create_group,
    "get_asset_group": assets.get_group,
    "list_asset_groups": assets.list_groups,
    "update_asset_group": assets.update_group,
    "delete_asset_group": assets.delete_group,
}
