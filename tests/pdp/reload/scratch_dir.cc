#include "tests/pdp/reload/scratch_dir.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/unique_fd.h"
#include "gtest/gtest.h"

namespace ostiary::pdp {
namespace fs = std::filesystem;

ScratchDir::ScratchDir() {
  path_ = (fs::temp_directory_path() / "ostiary_reload_XXXXXX").string();
  EXPECT_NE(::mkdtemp(path_.data()), nullptr);
}

ScratchDir::~ScratchDir() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string ScratchDir::Path(absl::string_view name) const {
  return absl::StrCat(path_, "/", name);
}

void ScratchDir::WriteInPlace(absl::string_view name, absl::string_view text) const {
  const UniqueFd fd(::open(Path(name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  EXPECT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()))
      << Path(name);
}

void ScratchDir::RenameOver(absl::string_view name, absl::string_view text) const {
  const std::string fresh = absl::StrCat(name, ".swp");
  WriteInPlace(fresh, text);
  Rename(fresh, name);
}

void ScratchDir::MakeDir(absl::string_view name) const {
  std::error_code error;
  fs::create_directories(Path(name), error);
  EXPECT_FALSE(error) << Path(name) << ": " << error.message();
}

void ScratchDir::Remove(absl::string_view name) const {
  std::error_code error;
  fs::remove_all(Path(name), error);
  EXPECT_FALSE(error) << Path(name) << ": " << error.message();
}

void ScratchDir::Rename(absl::string_view from, absl::string_view to) const {
  EXPECT_EQ(::rename(Path(from).c_str(), Path(to).c_str()), 0) << Path(from);
}

void ScratchDir::Symlink(absl::string_view target, absl::string_view name) const {
  EXPECT_EQ(::symlink(std::string(target).c_str(), Path(name).c_str()), 0) << Path(name);
}

void ScratchDir::SwapConfigMap(absl::string_view directory, absl::string_view name,
                               absl::string_view rules, absl::string_view mcp_config) const {
  const std::string fresh = absl::StrCat("..", name);
  MakeDir(absl::StrCat(directory, "/", fresh));
  WriteInPlace(absl::StrCat(directory, "/", fresh, "/rules.json"), rules);
  WriteInPlace(absl::StrCat(directory, "/", fresh, "/mcp.json"), mcp_config);

  std::error_code none;
  const fs::path old = fs::read_symlink(Path(absl::StrCat(directory, "/..data")), none);
  Symlink(fresh, absl::StrCat(directory, "/..data_tmp"));
  Rename(absl::StrCat(directory, "/..data_tmp"), absl::StrCat(directory, "/..data"));
  if (!old.empty()) {
    Remove(absl::StrCat(directory, "/", old.string()));
    return;
  }
  Symlink("..data/rules.json", absl::StrCat(directory, "/rules.json"));
  Symlink("..data/mcp.json", absl::StrCat(directory, "/mcp.json"));
}

}  // namespace ostiary::pdp
