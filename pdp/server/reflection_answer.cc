#include "pdp/server/reflection_answer.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "grpcpp/support/status.h"

namespace ostiary::pdp {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using grpc::reflection::v1alpha::ExtensionNumberResponse;
using grpc::reflection::v1alpha::FileDescriptorResponse;
using grpc::reflection::v1alpha::ServerReflectionRequest;
using grpc::reflection::v1alpha::ServerReflectionResponse;

const DescriptorPool& Pool() { return *DescriptorPool::generated_pool(); }

void SetError(grpc::StatusCode code, std::string message, ServerReflectionResponse* response) {
  response->mutable_error_response()->set_error_code(code);
  response->mutable_error_response()->set_error_message(std::move(message));
}

void NotFound(absl::string_view what, absl::string_view name, ServerReflectionResponse* response) {
  SetError(grpc::StatusCode::NOT_FOUND, absl::StrCat("there is no ", what, " ", name), response);
}

// The file and what it imports, each once.
void AddFile(const FileDescriptor& file, std::set<const FileDescriptor*>* added,
             FileDescriptorResponse* response) {
  if (!added->insert(&file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  response->add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) {
    AddFile(*file.dependency(i), added, response);
  }
}

void AnswerFile(const FileDescriptor* file, absl::string_view what, absl::string_view name,
                ServerReflectionResponse* response) {
  if (file == nullptr) return NotFound(what, name, response);
  std::set<const FileDescriptor*> added;
  AddFile(*file, &added, response->mutable_file_descriptor_response());
}

const FileDescriptor* FileOfExtension(const std::string& type, int number) {
  const Descriptor* const extended = Pool().FindMessageTypeByName(type);
  if (extended == nullptr) return nullptr;
  const FieldDescriptor* const extension = Pool().FindExtensionByNumber(extended, number);
  return extension == nullptr ? nullptr : extension->file();
}

void AnswerExtensions(const std::string& type, ServerReflectionResponse* response) {
  const Descriptor* const extended = Pool().FindMessageTypeByName(type);
  if (extended == nullptr) return NotFound("message type", type, response);
  std::vector<const FieldDescriptor*> extensions;
  Pool().FindAllExtensions(extended, &extensions);
  ExtensionNumberResponse& numbers = *response->mutable_all_extension_numbers_response();
  numbers.set_base_type_name(type);
  for (const FieldDescriptor* extension : extensions) {
    numbers.add_extension_number(extension->number());
  }
}

}  // namespace

ServerReflectionResponse AnswerReflection(const ServerReflectionRequest& request,
                                          const std::vector<std::string>& services) {
  ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kFileByFilename: {
      const std::string& name = request.file_by_filename();
      AnswerFile(Pool().FindFileByName(name), "file", name, &response);
      break;
    }
    case ServerReflectionRequest::kFileContainingSymbol: {
      const std::string& name = request.file_containing_symbol();
      AnswerFile(Pool().FindFileContainingSymbol(name), "symbol", name, &response);
      break;
    }
    case ServerReflectionRequest::kFileContainingExtension: {
      const auto& extension = request.file_containing_extension();
      const std::string& type = extension.containing_type();
      AnswerFile(FileOfExtension(type, extension.extension_number()), "such extension of", type,
                 &response);
      break;
    }
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
      AnswerExtensions(request.all_extension_numbers_of_type(), &response);
      break;
    case ServerReflectionRequest::kListServices: {
      auto& list = *response.mutable_list_services_response();
      for (const std::string& service : services) list.add_service()->set_name(service);
      break;
    }
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
      SetError(grpc::StatusCode::INVALID_ARGUMENT, "the request asks for nothing", &response);
      break;
  }
  return response;
}

}  // namespace ostiary::pdp
