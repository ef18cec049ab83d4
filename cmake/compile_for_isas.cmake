# compile_for_isas(NAME ISA...): gives NAME_ISA.cpp of the calling folder, sources of the target fsconv, the instructions
# that they are named after (engine/isa.hpp).
# SPDX-License-Identifier: Apache-2.0
function(compile_for_isas name)
  set(portable -ffp-contract=fast)
  if(FSCONV_SANITIZE)
    # Loops that are unrolled into hundreds of loads would check the pointer of each: four fifths of the compiler's time.
    list(APPEND portable -fno-sanitize=null,alignment,pointer-overflow)
  else()
    list(APPEND portable -O3)
  endif()
  set(avx2 ${portable})
  set(avx512 ${portable})
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    list(APPEND avx2 -mavx2 -mfma)
    list(APPEND avx512 -mavx512f -mavx512vl -mavx512dq -mavx512bw -mfma)
    set(avx512_bf16 ${avx512} -mavx512bf16)
    set(amx ${avx512_bf16})
  endif()
  foreach(isa ${ARGN})
    set_source_files_properties(${name}_${isa}.cpp TARGET_DIRECTORY fsconv PROPERTIES COMPILE_OPTIONS "${${isa}}"
                                SKIP_PRECOMPILE_HEADERS ON)
  endforeach()
endfunction()
