// A program whose other headers left their macros behind: Qt's, Unreal's, those of X11, windows.h, complex.h and the C
// library. None of them may reach Retort, and all must still be there afterwards.
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
// windows.h and what it includes
#define near
#define far
#define NEAR near
#define FAR far
#define small char
#define hyper __int64
#define interface struct
#define IN
#define OUT
#define OPTIONAL
#define ERROR 0
#define DELETE 0x00010000L
#define CONST const
#define VOID void
#define TRUE 1
#define FALSE 0
#define STRICT 1
#define TRANSPARENT 1
#define OPAQUE 2
#define ABSOLUTE 1
#define RELATIVE 2
#define IGNORE 0
#define INFINITE 0xFFFFFFFF
#define NO_ERROR 0
#define GetObject GetObjectW
#define GetMessage GetMessageW
#define LoadImage LoadImageW
#define Yield()
// Qt
#define emit
#define signals public
#define slots
#define foreach for
#define forever for (;;)
#define Q_OBJECT
// Unreal, and AssertMacros.h of macOS
#define check(expression) static_assert(false, "check")
#define verify(expression) static_assert(false, "verify")
#define ensure(expression) static_assert(false, "ensure")
#define require(expression, label) static_assert(false, "require")
#define TEXT(x) L##x
#define PI (3.1415926535897932f)
#define INDEX_NONE (-1)
// X11
#define None 0L
#define Bool int
#define Status int
#define True 1
#define False 0
#define Always 2
#define Success 0
#define Complex 0
#define Above 0
#define Below 1
#define CurrentTime 0L
#define Unsorted 0
#define GrayScale 1
// the C library, g++ in GNU mode, Arduino
#define I _Complex_I
#define major(device) 0
#define minor(device) 0
#define linux 1
#define unix 1
#define F(string) string
#define bit(n) (1UL << (n))
#define word(...) 0
#define LOG(level) 0
#define CHECK(condition) 0
#define DEBUG 1
#define OK 0
#define FAIL 1
#define BIT(n) (1 << (n))
#define MIN(a, b) 0
#define MAX(a, b) 0
#define ARRAY_SIZE(a) 0

#include <retort/io/safetensors.hpp>
#include <retort/retort.hpp>
#include <retort/tokenizer/from_json.hpp>

#if !defined(near) || !defined(far) || !defined(small) || !defined(hyper) || !defined(emit) || !defined(check) || \
    !defined(None) || !defined(I) || !defined(F) || !defined(bit) || !defined(word)
#error "Retort took macros away"
#endif
#if min(1, 2) != 1 || max(1, 2) != 2
#error "Retort changed min or max"
#endif

int main() { return retort::model::load("").error().code == retort::errc::io ? 0 : 1; }
