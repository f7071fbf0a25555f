#include "common/csv.h"

#include <limits>

#include <QTest>

using namespace faultline;

class TestCsv : public QObject
{
    Q_OBJECT

private slots:
    void quotesWhatNeedsIt()
    {
        CsvWriter csv;
        csv.line("plain", "a,b", "say \"no\"", "two\nlines", "", " blank ", "a;b");
        QCOMPARE(csv.text(), "plain,\"a,b\",\"say \"\"no\"\"\",\"two\nlines\",, blank ,a;b\n");
    }

    void numbersAreReadBackUnchanged()
    {
        CsvWriter csv("\r\n");
        csv.line(0.1, 0.1F, 1.0 / 3.0, -7, 18446744073709551615U, 1e300, 4.0);
        csv.line(std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity());
        QCOMPARE(csv.text(), "0.1,0.1,0.3333333333333333,-7,18446744073709551615,1e+300,4\r\n,inf\r\n");
    }

    void linesGrowFieldByField()
    {
        CsvWriter csv;
        csv.add("x");
        csv.line(std::string("y"), 3);
        csv.endLine();
        csv.line("z");
        QCOMPARE(csv.text(), "x,y,3\n\nz\n");
    }
};

QTEST_APPLESS_MAIN(TestCsv)
#include "test_csv.moc"
