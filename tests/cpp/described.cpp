/*
 * What an instance tells of itself: ./described MODULE CONFIG prints it.
 */
#include "sysadm_class.hpp"

#include <cstdio>

using namespace sysadm::modules;

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    const auto module = Module::load(argv[1]);
    const auto instance = module ? module->create(Host{}, argv[2]) : Result<Instance>(module.error());
    const auto said = instance ? instance->describe() : Result<Response>(instance.error());
    if (!said) {
        std::fprintf(stderr, "%s\n", said.error().text.c_str());
        return 1;
    }
    std::printf("%.*s\n", static_cast<int>(said->args().size()), said->args().data());
    return 0;
}
