"""detect-secrets as a second opinion, if installed: its rules for tokens of known forms."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

Detector = Callable[[str], str]

# Its rules for entropy, names, addresses of machines and passwords in addresses are left out, the scan has its own; and
# so is one for npm, which takes hours over a long row of slashes.
_PLUGINS = (
    "artifactory.ArtifactoryDetector", "aws.AWSKeyDetector", "azure_storage_key.AzureStorageKeyDetector",
    "cloudant.CloudantDetector", "discord.DiscordBotTokenDetector", "github_token.GitHubTokenDetector",
    "gitlab_token.GitLabTokenDetector", "ibm_cloud_iam.IbmCloudIamDetector", "ibm_cos_hmac.IbmCosHmacDetector",
    "mailchimp.MailchimpDetector", "openai.OpenAIDetector", "private_key.PrivateKeyDetector",
    "pypi_token.PypiTokenDetector", "sendgrid.SendGridDetector", "slack.SlackDetector", "softlayer.SoftlayerDetector",
    "square_oauth.SquareOAuthDetector", "stripe.StripeDetector", "telegram_token.TelegramBotTokenDetector",
    "twilio.TwilioKeyDetector",
)  # fmt: skip


def second_detector() -> Detector | None:
    """What names the kind of a secret in a text, empty where there is none; None where detect-secrets is missing."""
    if find_spec("detect_secrets") is None:
        return None
    plugins = [_plugin(name) for name in _PLUGINS]

    def detect(text: str) -> str:
        for plugin in plugins:
            if any(plugin.analyze_string(text)):
                return str(plugin.secret_type)
        return ""

    return detect


def _plugin(name: str) -> Any:
    module, _, kind = name.partition(".")
    return getattr(import_module(f"detect_secrets.plugins.{module}"), kind)()
