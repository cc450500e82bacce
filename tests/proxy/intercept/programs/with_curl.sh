# In the form of the documented cURL examples.
curl -sS -X POST https://api.runflow.io/v1/models/google/veo3.1/lite/runs \
  -H "Authorization: Bearer $RUNFLOW_API_KEY" \
  -H "Content-Type: application/json" \
  -o /dev/null -w "submitted %{http_code}" \
  --data-binary @- <<'JSON'
{"input": {"prompt": "A kite over the dunes.", "duration": "6s", "resolution": "720p"}}
JSON
curl -sS --location --request POST 'https://www.runninghub.ai/openapi/v2/rhart-video-v3.1-lite-official/image-to-video' \
  --header 'Authorization: Bearer facade' \
  --header 'Content-Type: application/json' \
  -o /dev/null -w " %{http_code}\n" \
  --data-raw '{"prompt": "A tram climbs a steep street.", "imageUrl": "https://example.com/tram.jpg", "aspectRatio": "16:9",
  "duration": "6", "resolution": "720p"}'
