# How every target of Faultline is compiled, and the three kinds of target.

include(CheckCXXSourceRuns)

# x86-64-v3 (AVX2, FMA) is where Eigen is fastest: AVX-512 was slower for products of a network's size.
if(NOT FAULTLINE_PORTABLE)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
        check_cxx_source_runs(
            "int main() { return __builtin_cpu_supports(\"avx2\") && __builtin_cpu_supports(\"fma\") ? 0 : 1; }"
            FAULTLINE_HAS_AVX2)
        if(FAULTLINE_HAS_AVX2)
            set(faultline_arch -march=x86-64-v3)
        endif()
    else()
        set(faultline_arch -march=native)
    endif()
endif()

add_library(faultline_options INTERFACE)
target_compile_options(faultline_options INTERFACE
    ${faultline_arch} -Wall -Wextra -Wpedantic -Wconversion
    $<$<BOOL:${FAULTLINE_WERROR}>:-Werror>)
# NaN in fresh matrices, so that a debug build's tests see a value that was never set.
target_compile_definitions(faultline_options INTERFACE
    $<$<CONFIG:Debug>:EIGEN_INITIALIZE_MATRICES_BY_NAN>)

# faultline_room(NAME SOURCES ... LINKS ...): the library of one folder. It links only the rooms that it may know.
function(faultline_room name)
    cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS" ${ARGN})
    add_library(${name} STATIC ${ROOM_SOURCES})
    target_link_libraries(${name} PUBLIC ${ROOM_LINKS} PRIVATE faultline_options)
endfunction()
