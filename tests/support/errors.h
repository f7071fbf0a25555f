#pragma once

#include <string>

#include <QTest>

#include "common/error.h"

/// What the Error says that the call throws; empty when it throws none. Other exceptions fail the test.
template <class Call>
std::string messageOf(Call call)
{
    try {
        call();
    } catch (const faultline::Error& error) {
        return error.what();
    }
    return {};
}

/// The message holds the part; shows the whole message when it does not.
#define VERIFY_CONTAINS(message, part)                                                                       \
    QVERIFY2((message).find(part) != std::string::npos,                                                      \
             qPrintable(QString("\"%1\" is not in \"%2\"")                                                   \
                            .arg(QString::fromStdString(part), QString::fromStdString(message))))
