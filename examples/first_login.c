/* First login in C. Start `cargo run -p bosbase-local` in another terminal, then
 *
 *   cargo build --release
 *   cc -Iinclude -Ibindings/c examples/first_login.c target/release/libbosauth.a -lpthread -ldl -lm -o target/first_login
 *   ./target/first_login
 */
#include <bosauth_easy.h>

int main(int argc, char **argv) {
    const char *url = argc > 1 ? argv[1] : "http://127.0.0.1:8090";
    BOSAUTH_SCOPED_CLIENT client = bosauth_easy_client(url);
    if (client == 0 || bosauth_easy_bind(client, "users", "user@example.com", "correct horse 1",
                                         "my-own-token") != BOSAUTH_OK) {
        return 1;
    }
    BOSAUTH_SCOPED_SESSION session = bosauth_easy_login(client, "users", "my-own-token");
    if (session == NULL) {
        return 1;
    }
    printf("hello %s\n", bosauth_session_field(session, "email"));
    return 0;
}
