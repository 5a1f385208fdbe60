/*
 * Tries to put each file that it is given in the place of the module that answers,
 * and prints the sentence with which that is refused, or that it was not. At the end
 * the last one that was taken still answers.
 *
 *   swapped FOLDER CONFIG REQUEST MODULE FILE...
 */
#include "sysadm_class.hpp"

#include "check.hpp"

#include <cstdio>

using namespace sysadm::modules;

int main(int argc, char **argv)
{
    CHECK(argc > 4);
    HotSlot slot(*Module::load_copy(argv[4], argv[1])->create(Host{}, argv[2]));
    Request request;
    request.args = argv[3];
    for (int i = 5; i < argc; ++i) {
        const auto module = Module::load_copy(argv[i], argv[1]);
        const auto replaced = module ? slot.replace(*module, Host{}, argv[2]) : Result<void>(module.error());
        std::puts(replaced ? "replaced" : replaced.error().text.c_str());
        CHECK(slot.dispatch(request)->status() == Status::ok);
    }
}
