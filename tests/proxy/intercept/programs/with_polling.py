"""Submits and polls, as the documented two-step example does, and downloads what was made."""

import time

import requests

BASE = "https://api.aimlapi.com/v2"
KEY = {"Authorization": "Bearer program", "Content-Type": "application/json"}


def main() -> None:
    submit = {"model": "google/veo-3.1-lite-generate-001", "prompt": "Rain on a tin roof.", "duration": "8"}
    generation = requests.post(f"{BASE}/video/generations", json=submit, headers=KEY).json()
    while generation["status"] not in ("completed", "error"):
        time.sleep(0.05)
        params = {"generation_id": generation["id"]}
        generation = requests.get(f"{BASE}/video/generations", params=params, headers=KEY).json()
    clip = requests.get(generation["video"]["url"]).content
    print("submitted", generation["status"], len(clip) > 10_000)


main()
