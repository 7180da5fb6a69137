package io.holdfast.metrics.io;

import java.io.IOException;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Response;

/** The way to an InfluxDB before 1.8, which has no v2 API: the same request, by its old name. */
final class Influx1 implements Interceptor {
    static OkHttpClient.Builder through(OkHttpClient.Builder http) {
        return http.addInterceptor(new Influx1());
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        HttpUrl url = chain.request().url();
        HttpUrl old = url.newBuilder()
                .encodedPath("/write")
                .query(null)
                .addQueryParameter("db", url.queryParameter("bucket"))
                .addQueryParameter("precision", "ns")
                .build();
        return chain.proceed(chain.request().newBuilder().url(old).build());
    }
}
