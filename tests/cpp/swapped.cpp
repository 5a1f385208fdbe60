/*
 * Tries to put each file that it is given in the place of the module that answers,
 * and prints the sentence with which that is refused, or that it was not. At the end
 * the last one that was taken still answers.
 *
 *   swapped FOLDER CONFIG REQUEST MODULE FILE...
 *
 * With PROBE in the environment each is tried by that program first, with the request.
 */
#include "sysadm_class.hpp"

#include "check.hpp"

#include <cstdio>
#include <cstdlib>

using namespace sysadm::modules;

int main(int argc, char **argv)
{
    CHECK(argc > 4);
    HotSlot slot(*Module::load_copy(argv[4], argv[1])->create(Host{}, argv[2]));
    Request request;
    request.args = argv[3];
    const char *program = std::getenv("PROBE");
    const Probe probe{program == nullptr ? "" : program, {argv[3]}, std::chrono::seconds(20)};
    for (int i = 5; i < argc; ++i) {
        const auto replaced = slot.replace(argv[i], argv[1], probe, Host{}, argv[2]);
        std::puts(replaced ? "replaced" : replaced.error().text.c_str());
        CHECK(slot.dispatch(request)->status() == Status::ok);
    }
}
