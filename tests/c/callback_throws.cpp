// A callback that throws ends the process with a message: callback_throws load|save|changed|release.
#include <bosauth.h>

#include <cstring>
#include <stdexcept>

static const char *thrower;

static void run(const char *callback) {
    if (std::strcmp(callback, thrower) == 0) {
        throw std::runtime_error("on purpose");
    }
}

extern "C" {

static bosauth_status load(void *, bosauth_string *) {
    run("load");
    return BOSAUTH_OK;
}

static bosauth_status save(void *, const char *) {
    run("save");
    return BOSAUTH_OK;
}

static void changed(void *, bosauth_client, std::int32_t, std::uint64_t, const bosauth_session *) {
    run("changed");
}

static void release(void *) {
    run("release");
}
}

int main(int argc, char **argv) {
    if (argc != 2) {
        return 2;
    }
    thrower = argv[1];
    bosauth_client client = 0;
    bosauth_listener listener = 0;
    bosauth_session *session = nullptr;
    bosauth_config *config = bosauth_config_new();
    try {
        bosauth_config_set_session_store(config, load, save, nullptr, release);
        bosauth_client_new("http://127.0.0.1:9", config, &client, nullptr);
        bosauth_client_add_listener(client, changed, nullptr, nullptr, &listener, nullptr);
        bosauth_client_session(client, &session, nullptr);
        bosauth_client_save_session(client, "t", nullptr, nullptr);
        bosauth_client_free(client);
        bosauth_config_free(config);
    } catch (const std::exception &) {
        return 3;
    }
    return 4;
}
