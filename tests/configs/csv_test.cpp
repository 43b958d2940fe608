#include "configs/csv.h"

#include <cstdio>
#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace gemmsmith {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::string errorOf(std::string_view bytes) {
  const Expected<CsvDocument> document = parseCsv(bytes, "t.csv");
  return document ? "accepted" : document.error().str();
}

TEST(Csv, LinesEndWithLfOrCrlfAndTheLastOneMayLackIt) {
  const Expected<CsvDocument> document = parseCsv("a,b\r\n1,2\n\n3,4", "t.csv");
  ASSERT_TRUE(document) << document.error().str();
  EXPECT_THAT(document->header, ElementsAre("a", "b"));
  ASSERT_EQ(document->rows.size(), 2u);
  EXPECT_THAT(document->rows[0].cells, ElementsAre("1", "2"));
  EXPECT_EQ(document->rows[1].line, 4);
}

TEST(Csv, ByteOrderMarkIsNotPartOfTheFirstColumn) {
  EXPECT_EQ(parseCsv("\xEF\xBB\xBFM,N\n1,2\n", "t.csv")->column("M"), 0u);
}

TEST(Csv, QuotedCellsHoldCommasQuotesAndLineBreaks) {
  const Expected<CsvDocument> document = parseCsv("a,b\n\"x,\"\"y\"\"\r\nz\",\"\"\n1,2\n", "t.csv");
  ASSERT_TRUE(document) << document.error().str();
  EXPECT_THAT(document->rows[0].cells, ElementsAre("x,\"y\"\r\nz", ""));
  EXPECT_EQ(document->rows[1].line, 4) << "the quoted line break counts";
}

TEST(Csv, EmptyFileIsOneSentence) {
  EXPECT_EQ(errorOf(""), "t.csv: the file is empty: a header line was expected");
  EXPECT_EQ(errorOf("\xEF\xBB\xBF\r\n\n"), "t.csv: the file is empty: a header line was expected");
}

TEST(Csv, BinaryFileIsOneSentence) {
  EXPECT_EQ(errorOf(std::string_view("a,b\n\x7f"
                                     "ELF\0\1",
                                     10)),
            "t.csv:2: character 1 is the control byte 0x7f: this is not a text table");
  EXPECT_THAT(errorOf(std::string_view("a\0b", 3)), HasSubstr("control byte 0x00"));
  EXPECT_THAT(errorOf("a,b\rc,d\r"), HasSubstr("control byte 0x0d"));
}

TEST(Csv, RowOfAnotherWidthIsNamedWithItsLine) {
  EXPECT_EQ(errorOf("a,b,c\n1,2,3\n4,5\n"), "t.csv:3: the row has 2 cells, the header 3");
}

TEST(Csv, HeaderNamesMustBeThereAndUnique) {
  EXPECT_EQ(errorOf("a,,c\n"), "t.csv:1: column 2 of the header has no name");
  EXPECT_EQ(errorOf("a,b,a\n"), "t.csv:1: column 3 of the header repeats the name 'a'");
}

TEST(Csv, DamagedQuotingIsRefused) {
  EXPECT_THAT(errorOf("a,b\n1,\"x\n"), StartsWith("t.csv:2: a quoted cell"));
  EXPECT_THAT(errorOf("a,b\n1,\"x\"y\n"), StartsWith("t.csv:2: text follows"));
  EXPECT_THAT(errorOf("a,b\n1,x\"y\n"), StartsWith("t.csv:2: character 4: a quote inside"));
}

TEST(Csv, EndlessLinesAreRefused) {
  EXPECT_THAT(errorOf("a\n" + std::string(kMaxCsvLineBytes + 1, 'x') + "\n"),
              HasSubstr("longer than 65536 bytes"));
  EXPECT_THAT(errorOf("a\n\"" + std::string(kMaxCsvLineBytes + 1, 'x') + "\"\n"),
              HasSubstr("not closed"));
}

TEST(Csv, FilesThatCannotBeReadSayWhy) {
  EXPECT_THAT(readCsv("no/such/file.csv").error().str(),
              "no/such/file.csv: cannot be read: No such file or directory");
  EXPECT_THAT(readCsv(".").error().str(), ".: cannot be read: Is a directory");
}

RC_GTEST_PROP(Csv, ReadingInvertsWriting, ()) {
  const auto text = rc::gen::container<std::string>(
      rc::gen::element('a', 'b', '1', ' ', ',', '"', '\n', '\t', '\xEF', '\xBB', '\xBF'));
  const std::size_t width = *rc::gen::inRange<std::size_t>(1, 5);
  std::vector<std::string> header;
  for (std::size_t i = 0; i < width; ++i)
    header.push_back(std::to_string(i) + *text);
  std::vector<CsvRow> rows(*rc::gen::inRange<std::size_t>(0, 5));
  for (CsvRow &row : rows)
    row.cells = *rc::gen::container<std::vector<std::string>>(width, text);

  const Expected<CsvDocument> read = parseCsv(writeCsv(header, rows), "t.csv");
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->header == header);
  RC_ASSERT(read->rows.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    RC_ASSERT(read->rows[i].cells == rows[i].cells);
}

} // namespace
} // namespace gemmsmith
