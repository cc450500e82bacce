import java.net.*;
import java.net.http.*;

/** Java's client, which reads its proxy from properties, and its older one told to take none. */
public class WithJava {
  public static void main(String[] words) throws Exception {
    var body = HttpRequest.BodyPublishers.ofString("{\"input\": {\"prompt\": \"A kite over the dunes.\"}}");
    var url = "https://api.runflow.io/v1/models/google/veo3.1/lite/runs";
    var request = HttpRequest.newBuilder(URI.create(url)).header("Authorization", "Bearer rf_live_program")
        .header("Content-Type", "application/json").POST(body).build();
    int submitted = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
    var plain = (HttpURLConnection) new URL("https://api.runflow.io/v1/health").openConnection(Proxy.NO_PROXY);
    System.out.println("submitted " + submitted + " " + plain.getResponseCode());
  }
}
