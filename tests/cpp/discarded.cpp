/*
 * Each of these throws an answer away, and none may compile with warnings as
 * errors. NUMBER says which.
 */
#include "sysadm_class.hpp"

using namespace sysadm::modules;

void discard(const Instance &instance, const Module &module, HotSlot &slot);

void discard(const Instance &instance, const Module &module, HotSlot &slot)
{
    static_cast<void>(instance), static_cast<void>(module), static_cast<void>(slot);
#if NUMBER == 0
    static_cast<void>(Module::load(""));
#elif NUMBER == 1
    Module::load("");
#elif NUMBER == 2
    module.create(Host{}, "");
#elif NUMBER == 3
    instance.dispatch(Request{});
#elif NUMBER == 4
    instance.cancel(1);
#elif NUMBER == 5
    slot.replace(module, Host{}, "");
#elif NUMBER == 6
    slot.drain(std::chrono::milliseconds(1));
#endif
}
