"""Every command: its group in the overview, the module that holds it, and its line there."""

# `--help` reads no more than this; a module is loaded when its command is asked for.
GROUPS = {
    "Use": {
        "serve": ("use.serve", "Start the mock server."),
        "run": ("use.run", "Run any program, unchanged, against the mock server."),
        "demo": ("use.demo", "Run one job for each documented example and show what happens."),
        "models": ("use.models", "List, search and describe models: input, defaults, price."),
        "openapi": ("use.openapi", "Print a provider's OpenAPI document, as it is simulated."),
        "arazzo": ("use.arazzo", "Print a provider's conversation as an Arazzo document."),
        "faults": ("use.faults", "List the faults that can be injected."),
        "listen": ("use.listen", "Receive webhooks: verify, print and forward them."),
        "trigger": ("use.trigger", "Send any webhook of any provider, signed."),
        "wait": ("use.wait", "Wait until a server is ready."),
        "mcp": ("use.mcp", "Serve tools for coding agents over the Model Context Protocol."),
        "control": ("admin", "Control a running server: clock, jobs, journal, rules, snapshots."),
    },
    "Gate": {
        "check": ("gate.check", "Test a server or a webhook handler against a provider's contract."),
        "proxy": (
            "gate.proxy",
            "Forward to the real provider, check both sides, enforce a spending limit.",
        ),
        "replay": (
            "gate.replay",
            "Replay recorded exchanges against contract, client and mock server.",
        ),
        "replay-run": ("gate.replay_run", "Play a recorded run again and compare every response."),
        "drift": ("gate.drift", "Report what changed at a provider, and whom it breaks."),
        "cassettes": ("gate.cassettes", "Scan recordings, or any files, for secrets."),
    },
    "Maintain": {
        "record": (
            "maintain.record",
            "Record exchanges with the real provider, without secrets.",
        ),
        "build": (
            "maintain.build",
            "Build schemas and indexes from the documentation and the data.",
        ),
        "docs": ("maintain.docs", "Download the providers' newest documentation."),
        "evidence": (
            "maintain.evidence",
            "Count the facts by kind of evidence, and list the inferred ones.",
        ),
    },
}
COMMANDS = {name: row for group in GROUPS.values() for name, row in group.items()}
