// The numbers of a model, seen with Eigen: which tokens does it hold for the nearest to a given one?
//   example_12_tensors model.gguf [text]
#include <retort/retort.hpp>
#include <retort/tensor/eigen.hpp>

#include <algorithm>
#include <cstdio>

int main(int argc, char** argv) {
  auto model = retort::model::load(argc > 1 ? argv[1] : "models/drop.gguf");
  if (!model) return std::puts(model.error().what.c_str()), 1;
  auto stored = model->tensor("token_embd.weight").value();  // where it lies in the file, of any type
  std::printf("%s: %zu x %zu of type %s\n", stored.name.c_str(), stored.n_rows(), stored.n_columns(),
              stored.type.c_str());

  std::vector<float> memory(stored.n_rows() * stored.n_columns());
  const retort::tensor<float, 2> rows{memory.data(), stored.n_rows(), stored.n_columns()};
  stored.read(0, rows).value();                // as floats
  const auto embedding = retort::eigen(rows);  // the same numbers; nothing is copied

  const auto ids = model->encode(argc > 2 ? argv[2] : "7").value();
  if (ids.empty()) return std::puts("no token"), 1;
  const Eigen::VectorXf lengths = embedding.rowwise().norm().cwiseMax(1e-9f);
  const Eigen::VectorXf cosine =
      (embedding * embedding.row(ids[0]).transpose()).cwiseQuotient(lengths) / lengths[ids[0]];

  std::vector<retort::token> order(rows.shape(0));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<retort::token>(i);
  const auto n = static_cast<std::ptrdiff_t>(std::min<std::size_t>(6, order.size()));
  std::partial_sort(order.begin(), order.begin() + n, order.end(),
                    [&](auto a, auto b) { return cosine[a] > cosine[b]; });
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const retort::token id = order[static_cast<std::size_t>(i)];
    std::printf("%6.3f  \"%s\"\n", static_cast<double>(cosine[id]), model->decode({&id, 1}, true).value().c_str());
  }
}
