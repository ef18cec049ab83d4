# Compiler flags shared by the library, the program and the tests: one interface target, linked privately.
# SPDX-License-Identifier: Apache-2.0
add_library(fsconv_options INTERFACE)
target_compile_options(fsconv_options INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # Its optimizer sees copies in std::string and std::variant that overlap, have no end or no beginning, and are not there (GCC
  # bugs 105651, 105329). Clang, which builds the dev preset, says nothing of the kind.
  target_compile_options(fsconv_options INTERFACE -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread
    -Wno-array-bounds -Wno-maybe-uninitialized)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # In GCC no part of -Wconversion. A small number that is written out is no mistake.
  target_compile_options(fsconv_options INTERFACE -Wno-sign-conversion)
  if(FSCONV_PRECOMPILE_HEADERS)
    # Without the times of its files a precompiled header is the same bytes in every checkout in one folder, and ccache knows
    # again what was compiled with it.
    target_compile_options(fsconv_options INTERFACE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endif()
if(FSCONV_WARNINGS_AS_ERRORS)
  target_compile_options(fsconv_options INTERFACE -Werror)
endif()
if(FSCONV_SANITIZE)
  # The sanitized build is for finding mistakes: -O1 keeps it fast enough to run every test. A program at a fixed address
  # starts in two thirds of the time: what UBSan says of every line of code is full of addresses to relocate. The tests' own
  # code (FSCONV_IS_TEST) is long and runs once: it compiles in half the time without optimization and without checks of each
  # pointer that it follows. Sizes of objects are AddressSanitizer's business everywhere.
  target_compile_options(fsconv_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-sanitize=object-size -fno-omit-frame-pointer -fno-pie
    $<IF:$<BOOL:$<TARGET_PROPERTY:FSCONV_IS_TEST>>,-O0;-fno-sanitize=null$<COMMA>alignment,-O1>)
  target_link_options(fsconv_options INTERFACE -fsanitize=address,undefined -no-pie)
endif()
if(FSCONV_COVERAGE)
  target_compile_options(fsconv_options INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(fsconv_options INTERFACE --coverage -Wl,--wrap=_exit)
endif()
if(FSCONV_FUZZ)
  target_compile_options(fsconv_options INTERFACE -fsanitize=fuzzer-no-link)  # counts edges, and watches comparisons
endif()
