// Binds a token to the demo account of bosbase-local and logs in with it, using bosauth.hpp.
#include <bosauth.hpp>

#include <iostream>

int main(int argc, char **argv) {
    try {
        const bosauth::client client(argc > 1 ? argv[1] : "http://127.0.0.1:8090");
        client.bind_token("users", "user@example.com", "correct horse 1", "my-own-token");
        const auto session = client.auth_with_token("users", "my-own-token");
        std::cout << "hello " << session.field("email") << '\n';
        return 0;
    } catch (const bosauth::exception &error) {
        std::cerr << error.what() << "\nwhat to do: " << name(error.action()) << '\n';
        return 1;
    }
}
