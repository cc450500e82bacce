"""The standard library alone."""

import json
import urllib.request

request = urllib.request.Request(
    "https://www.runninghub.cn/openapi/v2/rhart-video-v3.1-lite-official/image-to-video",
    data=json.dumps(
        {
            "prompt": "A tram climbs a steep street.",
            "imageUrl": "https://example.com/tram.jpg",
            "aspectRatio": "16:9",
            "duration": "6",
            "resolution": "720p",
        }
    ).encode(),
    headers={"Authorization": "Bearer facade", "Content-Type": "application/json"},
)
with urllib.request.urlopen(request) as reply:
    print("submitted", reply.status, bool(json.load(reply)["taskId"]))
