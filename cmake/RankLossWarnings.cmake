# Warnings as a function of a target.

# rankloss_set_warnings(<target>): the project's warnings, as errors where RANKLOSS_WERROR is on.
function(rankloss_set_warnings target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wdouble-promotion -Wvla
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes> $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
    $<$<BOOL:${RANKLOSS_WERROR}>:-Werror>)
  if(MINGW)
    # Its isfinite(x) and isnan(x) are macros that convert x to each type, of which one branch is taken.
    target_compile_options(${target} PRIVATE -Wno-float-conversion -Wno-double-promotion)
  endif()
endfunction()
