/* bcryptprimitives.dll of Windows 8.1 and later, which wine 8 lacks. */
#include <windows.h>

/* RtlGenRandom of advapi32.dll. */
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
    return SystemFunction036(data, (ULONG)length);
}
