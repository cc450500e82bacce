"""Every command: its group in the overview, the module that holds it, and its line there."""

# `--help` reads no more than this; a module is loaded when its command runs.
GROUPS = {
    "Use": {
        "serve": ("use.serve_command", "Start the mock server."),
        "run": ("use.run_command", "Run any program, unchanged, against the mock server."),
        "demo": ("use.demo", "Run one job for each documented example and show what happens."),
        "models": ("use.models_command", "List, search and describe models: input, defaults, price."),
        "openapi": ("use.openapi_command", "Print a provider's OpenAPI document, as it is simulated."),
        "arazzo": ("use.arazzo_command", "Print a provider's conversation as an Arazzo document."),
        "faults": ("use.faults_command", "List the faults that can be injected."),
        "listen": ("use.listen_command", "Receive webhooks: verify, print and forward them."),
        "trigger": ("use.trigger_command", "Send any webhook of any provider, signed."),
        "wait": ("use.wait_command", "Wait until a server is ready."),
        "mcp": ("use.mcp", "Serve tools for coding agents over the Model Context Protocol."),
        "control": ("admin", "Control a running server: clock, jobs, journal, rules, snapshots."),
    },
    "Gate": {
        "check": ("gate.check_command", "Test a server or a webhook handler against a provider's contract."),
        "proxy": (
            "gate.proxy_command",
            "Forward to the real provider, check both sides, enforce a spending limit.",
        ),
        "replay": (
            "gate.replay_command",
            "Replay recorded exchanges against contract, client and mock server.",
        ),
        "replay-run": ("gate.replay_run_command", "Apply a recorded run again and compare every response."),
        "drift": ("gate.drift_command", "Report what changed at a provider, and whom it breaks."),
        "cassettes": ("gate.cassettes_command", "Scan recordings, or any files, for secrets."),
    },
    "Maintain": {
        "record": (
            "maintain.record_command",
            "Record exchanges with the real provider, without secrets.",
        ),
        "build": (
            "maintain.build_command",
            "Build schemas and indexes from the documentation and the data.",
        ),
        "docs": ("maintain.docs_command", "Download the providers' newest documentation."),
        "evidence": (
            "maintain.evidence_command",
            "Count the facts by kind of evidence, and list the inferred ones.",
        ),
    },
}
COMMANDS = {name: row for group in GROUPS.values() for name, row in group.items()}
