#include <QTest>

#include "formats/csv_matrix.h"
#include "support/errors.h"
#include "support/temporary_folder.h"

using namespace faultline;

class TestCsvMatrix : public QObject
{
    Q_OBJECT

    TemporaryFolder folder_;

private slots:
    void reads_data();
    void reads();
    void readsBackWhatItWrote();
    void refuses_data();
    void refuses();
};

void TestCsvMatrix::reads_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("commas") << QByteArray("1,-2.5,3e-9\n4,5,6\n");
    QTest::newRow("commas and blanks") << QByteArray(" 1, -2.5 ,3e-9\n4 ,5, 6 \n");
    QTest::newRow("semicolons") << QByteArray("1;-2.5;3e-9\n4;5;6");
    QTest::newRow("tabs") << QByteArray("1\t-2.5\t3e-9\n4\t5\t6\n");
    QTest::newRow("blanks") << QByteArray("  1   -2.5 3e-9 \n4 5  6\n");
    QTest::newRow("Windows") << QByteArray("\xEF\xBB\xBF"
                                           "1,-2.5,3e-9\r\n4,5,6\r\n\r\n");
}

void TestCsvMatrix::reads()
{
    QFETCH(const QByteArray, text);
    const Eigen::MatrixXd matrix = readCsvMatrix(folder_.write("good.csv", text.toStdString()));
    const Eigen::MatrixXd expected{{1.0, -2.5, 3e-9}, {4.0, 5.0, 6.0}};
    QCOMPARE(matrix.rows(), 2);
    QVERIFY(matrix == expected);
}

void TestCsvMatrix::readsBackWhatItWrote()
{
    const Eigen::MatrixXd matrix{{0.1, 1.0 / 3.0}, {-1e-300, 12345678.9}, {0.0, 5e300}};
    QVERIFY(readCsvMatrix(folder_.write("own.csv", csvMatrix(matrix))) == matrix);
}

void TestCsvMatrix::refuses_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("message");
    QTest::newRow("nothing") << QByteArray("") << QByteArray("found no numbers");
    QTest::newRow("blank") << QByteArray(" \n\n") << QByteArray("found no numbers");
    QTest::newRow("short row") << QByteArray("1,2,3\n4,5\n")
                               << QByteArray("line 2: found 2 numbers, expected 3 as in line 1");
    QTest::newRow("long row") << QByteArray("1 2\n1 2\n4 5 6\n") << QByteArray("line 3: found 3 numbers");
    QTest::newRow("word") << QByteArray("1,2\n3,four\n")
                          << QByteArray("line 2, column 2: found \"four\", expected a number");
    QTest::newRow("empty field") << QByteArray("1,,2\n") << QByteArray("line 1, column 2: found \"\"");
    QTest::newRow("separator at the end")
        << QByteArray("1,2,\n3,4,\n") << QByteArray("line 1, column 3: found \"\"");
    QTest::newRow("separator at the start")
        << QByteArray(",1\n") << QByteArray("line 1, column 1: found \"\"");
    QTest::newRow("tab at the end") << QByteArray("1\t2\t\n3\t4\t\n")
                                    << QByteArray("line 1, column 3: found \"\"");
    QTest::newRow("blank first line") << QByteArray("\n1 2\n") << QByteArray("line 1, column 1: found \"\"");
    QTest::newRow("gap") << QByteArray("1,2\n\n3,4\n") << QByteArray("line 2, column 1: found \"\"");
    QTest::newRow("decimal commas") << QByteArray("1,5;2\n3;4\n") << QByteArray("column 1: found \"1,5\"");
    QTest::newRow("not a number") << QByteArray("nan\n") << QByteArray("found \"nan\"");
    QTest::newRow("infinite") << QByteArray("1 inf\n") << QByteArray("line 1, column 2: found \"inf\"");
    QTest::newRow("too large") << QByteArray("1e999\n") << QByteArray("found \"1e999\"");
    QTest::newRow("unit") << QByteArray("1S,2S\n") << QByteArray("found \"1S\"");
}

void TestCsvMatrix::refuses()
{
    QFETCH(const QByteArray, text);
    QFETCH(const QByteArray, message);
    const std::string found = messageOf([&] { readCsvMatrix(folder_.write("bad.csv", text.toStdString())); });
    VERIFY_CONTAINS(found, "bad.csv: ");
    VERIFY_CONTAINS(found, message.toStdString());
}

QTEST_APPLESS_MAIN(TestCsvMatrix)
#include "test_csv_matrix.moc"
