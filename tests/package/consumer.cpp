// As consumer.c, but C++11 and through the flat call: RANKLOSS_ARRAY is for C alone.
#include <cmath>
#include <cstdint>
#include <iostream>
#include <numeric>
#include <vector>

#include <rankloss/rankloss.h>

int main() {
    const std::vector<double> logits{2, 1, 3};
    const std::vector<double> labels{1, 0, 2};
    std::vector<double> gradient(3);
    double loss = 0;

    const rankloss_status status =
        rankloss_softmax_f64(1, static_cast<std::int64_t>(logits.size()), logits.data(), labels.data(), nullptr,
                             nullptr, RANKLOSS_SUM, &loss, gradient.data(), nullptr);
    if (status != RANKLOSS_OK) {
        std::cerr << rankloss_status_string(status) << ": " << rankloss_last_error() << "\n";
        return 1;
    }

    const double sum = std::accumulate(gradient.begin(), gradient.end(), 0.0);
    std::cout << "RankLoss " << rankloss_version() << ": loss " << loss << ", sum of the gradient " << sum << "\n";
    return !(std::fabs(loss - 2.22281789333314) < 1e-13 && std::fabs(sum) < 1e-13);
}
