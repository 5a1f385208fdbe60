/* A defect for the thread sanitizer to find: two threads, one number, no lock. */
#include <thread>

int main()
{
    int number = 0;
    std::thread other([&number] { ++number; });
    ++number;
    other.join();
    return number == 17 ? 3 : 0;
}
