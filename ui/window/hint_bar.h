#pragma once

#include <QFrame>

namespace faultline
{

/// What to try first, shown above the pages until a person closes it for good.
class HintBar : public QFrame
{
    Q_OBJECT

public:
    explicit HintBar(QWidget* parent = nullptr);

signals:
    void closed();
};

} // namespace faultline
