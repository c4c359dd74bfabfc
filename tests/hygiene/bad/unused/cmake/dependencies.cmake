retort_dependency(Eigen3 Eigen3::Eigen 3.4 Eigen/Core)
