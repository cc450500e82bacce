import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;

/** Submits and polls as HttpClient does as it comes, which offers h2c: `java Talk.java - URL PAUSE_MS POLLS`. */
public class Talk {
    public static void main(String[] args) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        String body = "{\"model\": \"solo\", \"input\": {\"prompt\": \"x\"}}";
        List<String> told = new ArrayList<>();
        told.add(status(client, asked(args[1]).POST(HttpRequest.BodyPublishers.ofString(body))));
        for (int poll = 0; poll < Integer.parseInt(args[3]); poll++) {
            Thread.sleep(Long.parseLong(args[2]));
            told.add(status(client, asked(args[1])));
        }
        System.out.println(String.join(" ", told));
    }

    static HttpRequest.Builder asked(String url) {
        return HttpRequest.newBuilder(URI.create(url + "/v1/jobs"))
            .header("Authorization", "Bearer any-key")
            .header("Content-Type", "application/json");
    }

    static String status(HttpClient client, HttpRequest.Builder asked) throws Exception {
        return String.valueOf(client.send(asked.build(), BodyHandlers.ofString()).statusCode());
    }
}
