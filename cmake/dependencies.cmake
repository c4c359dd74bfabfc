# Finds what the headers include: xsimd and nlohmann/json always, and Eigen for retort/tensor/eigen.hpp, which is
# included on request only. Gathers the include folders in RETORT_DEPENDENCY_INCLUDES and RETORT_EIGEN_INCLUDES.
# Only folders are taken: Debian's xsimd target links a library that need not be there, and versions are compared by
# hand because Eigen 3.4 and 5.0 cannot both satisfy one find_package version range.
set(CMAKE_FIND_USE_PACKAGE_REGISTRY OFF)
set(RETORT_DEPENDENCY_INCLUDES "")
set(RETORT_EIGEN_INCLUDES "")

# Adds the folder of a package to the list `out`; without it the build stops, or goes on where OPTIONAL is given.
function(retort_dependency package target minimum header out)
  find_package(${package} CONFIG QUIET)
  set(folder "")
  if(${package}_FOUND AND NOT ${package}_VERSION VERSION_LESS ${minimum})
    get_target_property(folder ${target} INTERFACE_INCLUDE_DIRECTORIES)
  endif()
  if(NOT folder)
    find_path(RETORT_${package}_DIR ${header} PATH_SUFFIXES eigen3)
    set(folder ${RETORT_${package}_DIR})
  endif()
  if(folder)
    set(${out} ${${out}} ${folder} PARENT_SCOPE)
  elseif(NOT "OPTIONAL" IN_LIST ARGN)
    message(FATAL_ERROR "Retort needs ${package} >= ${minimum} (header-only). On Debian: apt-get install libxsimd-dev nlohmann-json3-dev")
  endif()
endfunction()

retort_dependency(xsimd xsimd 8.1 xsimd/xsimd.hpp RETORT_DEPENDENCY_INCLUDES)
retort_dependency(nlohmann_json nlohmann_json::nlohmann_json 3.11 nlohmann/json.hpp RETORT_DEPENDENCY_INCLUDES)
retort_dependency(Eigen3 Eigen3::Eigen 3.4 Eigen/Core RETORT_EIGEN_INCLUDES OPTIONAL)
list(REMOVE_DUPLICATES RETORT_DEPENDENCY_INCLUDES)
