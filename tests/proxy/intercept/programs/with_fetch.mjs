// In the form of the documented Node.js example.
const response = await fetch(
  "https://api.runflow.io/v1/models/google/veo3.1/lite/runs",
  {
    method: "POST",
    headers: {
      "Authorization": "Bearer rf_live_program",
      "Content-Type": "application/json",
    },
    body: JSON.stringify({ input: { prompt: "A kite over the dunes.", duration: "6s", resolution: "720p" } }),
  }
);

const data = await response.json();
console.log("submitted", response.status, data.status_code);
