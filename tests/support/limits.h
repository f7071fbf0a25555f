#pragma once

#include <QTest>

/// The value is below the limit; shows it when it is not, or is NaN.
#define VERIFY_BELOW(value, limit)                                                                           \
    do {                                                                                                     \
        const double measured = value;                                                                       \
        QVERIFY2(measured < (limit), qPrintable(QString("%1 is %2").arg(#value).arg(measured)));             \
    } while (false)
