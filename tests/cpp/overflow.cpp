/*
 * A defect for a sanitizer to find: reads one byte behind what it allocated. If
 * that goes unnoticed, the sanitizer is not on, and the other tests say nothing.
 */
#include <cstdlib>

int main(int argc, char **)
{
    volatile char *bytes = static_cast<volatile char *>(std::calloc(8, 1));
    bytes[argc] = 1;
    const char byte = bytes[7 + argc];
    std::free(const_cast<char *>(bytes));
    return byte == 'x' ? 3 : 0;
}
