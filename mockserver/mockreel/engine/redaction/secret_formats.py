"""The forms of secrets, anywhere in a text: one table, for the server and for scans of files.

A provider's own keys are not in it: the contract's data has their prefixes.
"""

import re
from typing import NamedTuple


class Form(NamedTuple):
    """One kind of secret.

    `begins` are lower-case texts, one of which occurs in every text with such a secret; empty if there is none that is
    long enough, so that only a scan of a file searches for it. The first group of the pattern is the secret, or the
    whole match if it has no group.
    """

    what: str
    begins: tuple[str, ...]
    pattern: "re.Pattern[str]"

    def spans(self, text: str) -> list[tuple[int, int]]:
        """The places of such secrets."""
        group = 1 if self.pattern.groups else 0
        return [found.span(group) for found in self.pattern.finditer(text)]


def _form(what: str, begins: str, pattern: str) -> Form:
    return Form(what, tuple(begins.split()), re.compile(rf"(?<![A-Za-z0-9]){pattern}", re.DOTALL))


# Tokens that begin with who gave them out, and then are drawn: what has no figure in it is a name.
_ISSUED = (
    r"(?<![A-Za-z0-9_-])(?:"
    r"pypi-AgE|dckr_(?:pat|oat)_|do[opr]_v1_|shp(?:at|ss|ca|pa|ua)_|sq0(?:atp|csp|idp)-|lin_(?:api|oauth)_|ntn_"
    r"|secret_(?=[A-Za-z0-9]{40})|ATATT3|ATCTT3|ATBB|dapi(?=[0-9a-f]{32})|dp\.(?:pt|st|ct|sa)\.|figd_|gl(?:sa|c)_"
    r"|hv[sbr]\.|nfp_|NRAK-|NRII-|pscale_(?:tkn|pw|oauth)_|PMAK-|pul-|rubygems_|sntry[su]_"
    r"|sq[apu]_(?=[0-9a-f]{40})|sbp_|gsk_|xai-|pplx-|tfp_|glptt-|gloas-|gldt-|glrt-|GOCSPX-|ya29\.|1//0|AQVN|y0_AgA"
    r"|EAA[A-Za-z](?=[A-Za-z0-9]{20})|key-(?=[0-9a-f]{32})|sl\.(?=[A-Za-z0-9_-]{40})|SG\.|HRKU-|AGE-SECRET-KEY-1"
    r"|tskey-|ops_eyJ|CFPAT-|fio-u-|vercel_|pat(?=[A-Za-z0-9]{14}\.)|nvapi-|phc_|phx_|rnd_(?=[A-Za-z0-9]{20})"
    r"|mlsn\.|re_(?=[A-Za-z0-9]{8}_)|SWMTKN-1-|fw_(?=[A-Za-z0-9]{20})"
    r"|sk_(?:[a-z]+_)?(?=[A-Za-z0-9]{20})|key_(?=[A-Za-z0-9]{20}))"
    r"(?=[^0-9\s]{0,60}[0-9])[A-Za-z0-9._~/+=-]{10,}"
)
_ISSUED_BEGIN = """
    pypi-age dckr_ _v1_ shpat_ shpss_ shpca_ shppa_ shpua_ sq0atp- sq0csp- sq0idp- lin_api_ lin_oauth_ ntn_ secret_
    atatt3 atctt3 atbb dapi dp.pt. dp.st. dp.ct. dp.sa. figd_ glsa_ glc_ hvs. hvb. hvr. nfp_ nrak- nrii- pscale_ pmak-
    pul- rubygems_ sntrys_ sntryu_ sqa_ sqp_ squ_ sbp_ gsk_ xai- pplx- tfp_ glptt- gloas- gldt- glrt- gocspx- ya29.
    1//0 aqvn y0_aga eaa key- sl. sg. hrku- age-secret-key-1 tskey- ops_eyj cfpat- fio-u- vercel_ pat nvapi- phc_ phx_
    rnd_ mlsn. re_ swmtkn-1- fw_ sk_ key_
"""

# Keys with their purpose after the issuer's prefix, as many issuers write them. A scan has the providers' own.
PURPOSE_PREFIX = _form(
    "an API key",
    "_live_ _test_ _svc_ _prod_",
    r"([a-z]{2,8}_(?:live|test|svc|prod)_(?=[A-Za-z_-]{0,40}[0-9])[A-Za-z0-9_-]{12,})",
)
FORMS = (
    _form(
        "a private key",
        "-----begin",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY.*?(?:-----END [A-Z0-9 ]{0,40}KEY-----|\Z)",
    ),
    _form("an encrypted private key", "putty-user-key-file-", r"PuTTY-User-Key-File-\d.*"),
    _form("a JSON web token", "eyj", r"(eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)?)"),
    _form("an access key of a cloud", "akia asia ltai akid", r"((?:AKIA|ASIA|LTAI|AKID)[A-Za-z0-9]{12,})"),
    _form(
        "an API key",
        "sk- pk- rk- sk_ pk_ rk_",
        r"([spr]k[-_](?:live[-_]|test[-_]|proj-|ant-|or-)?[A-Za-z0-9_-]{16,})",
    ),
    PURPOSE_PREFIX,
    _form("an API key", "aiza", r"(AIza[A-Za-z0-9_-]{20,})"),
    _form(
        "an API key",
        "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat-",
        r"(gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|glpat-[\w-]{16,})",
    ),
    _form("an API key", "xox xapp-", r"(xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{10,})"),
    _form("an API key", "hf_ r8_", r"((?:hf|r8)_[A-Za-z0-9]{20,})"),
    _form("an API key", "npm_ pypi-", r"((?:npm_|pypi-)[A-Za-z0-9_-]{20,})"),
    _form("a signing secret", "whsec_", r"(whsec_[A-Za-z0-9+/=_-]{6,})"),
    _form("an API key", _ISSUED_BEGIN, rf"({_ISSUED})"),
    _form(
        "a URL with credentials",
        "hooks.slack.com/ /api/webhooks/ webhook.office.com/",
        r"https://(?:hooks\.slack\.com/(?:services|workflows)|(?:canary\.|ptb\.)?discord(?:app)?\.com/api/webhooks"
        r"|[a-z0-9-]+\.webhook\.office\.com/webhookb2)/([A-Za-z0-9_/@.%-]{16,})",
    ),
    # What begins with nothing that few texts have.
    _form("an API key", "", r"((?:AC|SK)[0-9a-f]{32})\b"),
    _form("an API key", "", r"(AAAA[A-Za-z0-9_-]{7}:[A-Za-z0-9_-]{100,}|[0-9a-f]{32}-us\d{1,2})\b"),
    _form("a bot's token", "", r"(\d{8,10}:[A-Za-z0-9_-]{35})(?![A-Za-z0-9_-])"),
    _form("a bot's token", "", r"([MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,40})"),
    _form("an API key", "", r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}:[0-9a-f]{32})\b"),
    _form("a client secret", "", r"(?<![_~.])([A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34})"),
    _form("an account key", "", r"(?i:account|sharedaccess)(?i:key)=([A-Za-z0-9+/]{40,}={0,2})"),
)
