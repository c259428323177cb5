"""What reps write and say after a visit, in the Vietnamese they speak.

`{ai}` is whoever they met ("chị Hạnh"), `{Ai}` the same at the start of a sentence, `{n}` a small
number of cases, cans or kilos, `{lane}` a lane as the city calls it (*ngõ*, *hẻm*). Nothing ties a note to
a season, since any day may be the last one told.
"""

from __future__ import annotations

RETAIL = (
    "Kệ dưới còn {n} lốc trà lài, {ai} muốn đổi lên ngang tầm mắt.",
    "{Ai} bảo trà đào chai bán chạy nhất dãy này, lấy thêm {n} thùng.",
    "Tủ mát bên mình bị chất nước ngọt hãng khác, nhờ {ai} dọn lại một ngăn.",
    "Lốc trà chanh ngoài cùng bị phai nắng, đã đổi {n} lon cho {ai}.",
    "Khách quanh đây toàn sinh viên, {ai} xin thêm loại chai nhỏ 300 ml.",
    "Đối thủ vừa treo bảng giá mới, rẻ hơn mình 2.000 đồng một lốc.",
    "{Ai} hỏi chương trình mua 10 tặng 1 còn đến khi nào.",
    "Tồn {n} thùng trà xanh, hạn còn 4 tháng, chưa cần nhập.",
    "Đã dán lại bảng giá, gỡ tờ khuyến mãi tháng trước.",
    "{Ai} chê thùng hàng hay móp góc, nhắc kho bọc kỹ hơn.",
    "Quầy mới sơn lại, {ai} cho mình đặt thêm một kệ nhỏ sát cửa.",
    "Sắp rằm, {ai} muốn lấy trà hộp để khách mua đi lễ.",
    "{Ai} muốn đổi sang giao hai tuần một lần vì chỗ để hàng chật.",
    "Hết sạch trà sen túi lọc từ thứ Sáu, {ai} trách mình ghé trễ.",
    "Chụp kệ xong. Mặt mình {n}, mặt đối thủ hơn 10, cần xin thêm một hàng.",
    "Hàng xóm bên cạnh cũng bán nước, {ai} sợ phá giá nên chỉ lấy {n} thùng.",
    "{Ai} nhờ mang giúp hai cái khay trưng bày, loại bằng gỗ.",
    "Người trông quầy không quyết được, {ai} đi chợ đầu mối chưa về.",
    "Bán chậm vì mưa cả tuần, {ai} hẹn tuần sau lấy bù.",
    "Trẻ con thích loại có nắp hình con cáo, {ai} đặt thêm một lốc thử.",
    "{Ai} than trà bí đao ngọt quá, khách lớn tuổi không mua lại.",
    "Trả lại 1 thùng trà gừng gần hết hạn, đã lập phiếu đổi.",
    "Kho của {ai} dột, mấy thùng sát tường bị ẩm, dặn kê cao lên.",
)

DRINKS = (
    "{Ai} đang pha trà đào bằng hàng hãng khác, để lại một gói mẫu ô long.",
    "Thử pha tại chỗ một ly trà sen vàng, {ai} khen thơm nhưng hơi nhạt.",
    "{Ai} hỏi trà đen loại 1 kg, mình chưa có giá sỉ.",
    "Menu mới thêm hai món dùng trà lài của mình, xin {ai} ghi tên trên bảng.",
    "Quán đông từ 7 giờ tối, lần sau ghé trước 4 giờ thì {ai} mới rảnh.",
    "Máy đun hỏng, hôm nay chỉ bán đồ đóng chai, {ai} lấy {n} thùng.",
    "{Ai} muốn ly in logo, báo lại sau khi hỏi bên thiết kế.",
    "Nhân viên mới pha trà quá lửa nên chát, đã chỉ lại cách ủ 6 phút.",
    "Một tuần hết {n} kg trà ô long, tăng gấp rưỡi so với tháng trước.",
    "{Ai} cần hóa đơn đỏ, đã chụp lại mã số thuế.",
    "Quán sắp sửa tầng hai, nghỉ ba tuần, {ai} hẹn khai trương lại thì lấy hàng.",
    "Khách Tây hay gọi trà sen, {ai} muốn hộp quà nhỏ để bán kèm.",
    "{Ai} so giá với chợ đầu mối, mình cao hơn nhưng giao tận nơi.",
    "Bàn ngoài trời mới kê thêm, {ai} đồng ý dựng mái che có tên mình.",
    "Đổi sang loại túi 500 g vì túi 1 kg mở ra mau mất mùi.",
)

MEALS = (
    "{Ai} chỉ để trà đá miễn phí, đồ chai bán ít, lấy 1 thùng cầm chừng.",
    "Buổi trưa quá đông không nói chuyện được, để lại báo giá trên quầy.",
    "{Ai} muốn bình trà 20 lít cho khách ăn trưa, cần hỏi bên kỹ thuật.",
    "Khách ăn lẩu gọi trà bí đao nhiều, {ai} lấy {n} thùng cho cuối tuần.",
    "Quán nhận tiệc cưới ngày 28, {ai} cần 15 thùng trà chanh giao sáng hôm trước.",
    "Tủ lạnh quán nhỏ, xin {ai} để mình kê một tủ đứng ngoài hiên.",
    "{Ai} bảo khách chê chai nhựa, hỏi loại chai thủy tinh.",
    "Đầu bếp thích trà ô long để làm vịt hun khói, mua thử 2 gói.",
    "Giá thịt lên nên {ai} cắt bớt đồ uống, hẹn tháng sau tính.",
    "Đã thay miếng dán trên tủ mát, cái cũ rách góc.",
)

ROOMS = (
    "Phòng nào cũng để 2 gói trà của mình, {ai} muốn in tên khách sạn lên gói.",
    "{Ai} đặt đủ cho 60 phòng đến cuối tháng, giao cửa sau.",
    "Mùa này ít khách, {ai} giảm một nửa, vẫn giữ trà sen ở sảnh.",
    "Lễ tân hay quên thêm trà vào phòng, {ai} nhờ mình nhắc buồng phòng.",
    "Quầy bar tầng thượng mở lại, {ai} hỏi trà trái cây đóng lon.",
    "{Ai} muốn ký giá cả năm, hẹn gửi báo giá qua email.",
    "Đoàn khách 40 người đến thứ Sáu, {ai} lấy thêm {n} hộp trà để bàn.",
    "Khách hay xin trà không ga mang đi, {ai} đặt thêm loại chai nhỏ.",
    "{Ai} nhờ đổi gói lọc sang vỏ giấy, khách nước ngoài thích hơn.",
    "Kho buồng phòng chật, {ai} xin giao mỗi tuần một ít.",
)

SINGING = (
    "Cuối tuần kín phòng hát, {ai} lấy thêm {n} thùng trà chanh lon.",
    "{Ai} để mình dán bảng giá trong từng phòng.",
    "Khách gọi trà đào nhiều hơn nước ngọt, {ai} đặt thêm {n} thùng.",
    "Quán chỉ mở từ 5 giờ chiều, {ai} dặn đừng ghé buổi sáng.",
    "Đang thay dàn âm thanh, nghỉ nửa số phòng, {ai} chưa đặt gì.",
    "{Ai} phàn nàn lon bị móp, đã đổi ngay {n} lon.",
    "Tủ mát ở quầy yếu lạnh, hẹn {ai} cho người đến xem.",
    "{Ai} hỏi giá loại chai thủy tinh để bán trong phòng VIP.",
)

CANTEENS = (
    "Nhà trường không cho bán nước ngọt có ga, {ai} chuyển hết sang trà ít đường.",
    "{Ai} xin giấy kiểm nghiệm mới để nộp cho ban giám hiệu.",
    "Giờ ra chơi bán 40 chai, {ai} cần giao trước 6 giờ rưỡi sáng.",
    "Học sinh đang thi, {ai} không nhập thêm, hẹn tuần sau.",
    "Bảo vệ chỉ cho xe vào cổng sau, {ai} ra đón.",
    "Thầy cô hỏi trà gừng nóng, {ai} muốn thử bình giữ nhiệt.",
    "Mới có thực đơn tuần, {ai} xếp trà bí đao vào hai bữa.",
    "Tủ đông của trường hỏng, {ai} mượn tạm thùng đá bên mình.",
    "{Ai} lấy thêm {n} thùng cho ngày hội thể thao.",
    "Phụ huynh chê đồ uống ngọt, {ai} hỏi loại không đường.",
)

ONLINE = (
    "Bán qua mạng, {ai} cần ảnh sản phẩm nền trắng để đăng.",
    "Đơn lẻ nhiều, {ai} xin thêm thùng giấy và băng keo có tên mình.",
    "{Ai} lấy thêm {n} hộp trà sen làm quà.",
    "{Ai} hỏi bên mình gửi thẳng cho người mua được không.",
    "Nhà nhỏ, {ai} mỗi lần chỉ giữ được {n} thùng.",
    "{Ai} livestream tối thứ Bảy, nhờ gửi mẫu ba vị mới.",
    "Khách của {ai} khen trà lài, chê hộp dễ bẹp khi gửi xa.",
)

OFFICE = (
    "{Ai} muốn gộp hóa đơn các chi nhánh vào một kỳ cuối tháng.",
    "Họp với {ai}: cam kết 120 thùng một tháng thì được giá bậc ba.",
    "{Ai} phàn nàn chi nhánh xa trung tâm giao trễ hai lần.",
    "Gửi hợp đồng khung cho {ai}, chờ bên pháp chế đọc đến thứ Năm.",
    "{Ai} đổi người phụ trách mua hàng từ tháng sau, đã xin số.",
    "Chi nhánh mới mở trong quý này, {ai} hẹn khảo sát chỗ đặt tủ.",
    "Đối chiếu công nợ với kế toán, lệch một phiếu giao ngày mùng 5.",
    "{Ai} hỏi có làm trà nhãn riêng không, báo lại sau khi hỏi nhà máy.",
)

ANYWHERE = (
    "{Ai} bận, hẹn tuần sau ghé buổi chiều.",
    "Gửi xe ở {lane} bên cạnh, trước cửa cấm đỗ.",
    "{Ai} trả đủ tiền đợt trước, không còn nợ.",
    "{Ai} xin khất tiền đến thứ Hai, đã báo kế toán.",
    "Số điện thoại cũ không gọi được, {ai} cho số mới.",
    "Con {ai} mới đỗ đại học, nhớ chúc mừng lần sau.",
    "Đường đang đào cống, xe tải không vào được, giao bằng xe máy.",
    "{Ai} giới thiệu thêm một chỗ ở đầu {lane}, mai mình qua xem.",
    "Đổi ngày giao sang thứ Tư, thứ Ba chỗ này họp chợ.",
    "{Ai} khen bên mình giao đúng giờ hơn hãng kia.",
    "Đã hứa mang bảng giá mới cho {ai} trước thứ Sáu.",
    "Nhà có việc nên {ai} chỉ nghe điện thoại, đơn đặt như cũ.",
    "Biển hiệu mới làm xong, {ai} cho treo thêm tấm của mình bên dưới.",
    "{Ai} tiếp nhanh trước cửa, để lại hai gói trà thử.",
    "Mất điện cả phố, {ai} đóng cửa sớm, nói chuyện được vài phút.",
    "{Ai} thích nhắn Zalo hơn gọi, ảnh hàng gửi qua đó.",
    "{Ai} ốm mấy hôm nay, em trai trông giúp, chưa đặt gì.",
    "Lấy như lần trước, không đổi.",
    "{Ai} hỏi lịch giao dịp lễ, mình hẹn báo lại trong tuần.",
    "Cân nhắc nâng hạng: ba lần liền đều lấy trên 10 thùng.",
    "{Ai} hỏi bao giờ có vị mới, mình hứa mang mẫu lần sau.",
    "{Ai} nhờ chuyển giờ ghé sang sau 3 giờ chiều.",
    "Hãng kia vừa tặng tủ mới, {ai} bảo vẫn để mình một nửa.",
    "{Ai} kể khách quen chuyển đi nhiều, bán chậm hơn quý trước.",
    "Lấy thêm {n} thùng, trả ngay một nửa, còn lại tuần sau.",
    "{Ai} bảo chữ trên bảng giá nhỏ quá, lần sau in to hơn.",
    "Ghé đúng lúc xe hàng khác đang xuống, {ai} chỉ kịp ký sổ.",
    "{Ai} xin số người giao hàng để gọi thẳng.",
    "Sáng nay giao thiếu 1 thùng, đã hẹn {ai} bù ngày mai.",
    "{Ai} thử vị gừng mật ong, bảo hợp người lớn tuổi.",
    "Nhà bên cạnh sắp mở quán nước, {ai} lo nên giữ đơn nhỏ.",
    "{Ai} đặt thêm {n} thùng vì cuối tuần có đám.",
    "Đèn tủ mát cháy, hẹn {ai} gửi thợ đến trong tuần.",
    "{Ai} muốn lấy hóa đơn tên mới, đã ghi lại.",
    "Nói chuyện lâu, {ai} góp ý nên có loại gói nhỏ 3.000 đồng.",
    "Hàng bày gọn hơn lần trước, {ai} để mình sát quầy tính tiền.",
)

NOBODY_IN = (
    "Cửa đóng, hàng xóm bảo sáng mai mới mở.",
    "Treo biển nghỉ đến hết tuần, chắc về quê có giỗ.",
    "Chủ đi vắng, người làm không dám nhận hàng.",
    "Gọi ba cuộc không bắt máy, cửa khóa ngoài.",
    "Đang sửa mặt tiền, che bạt kín, tuần sau ghé lại.",
    "Đến đúng giờ nghỉ trưa, chờ 10 phút không ai ra.",
    "Nhà đi ăn cưới, nhắn lại qua hàng xóm.",
    "Ngập nước cả đoạn, quán dọn hàng lên cao, không bán.",
    "Khóa cửa, nhà bên cạnh nói đi đón con.",
    "Chủ lên phường làm giấy tờ, chiều mới về.",
    "Đưa mẹ đi khám, hẹn qua điện thoại sang tuần.",
    "Nhân viên mới trông quầy, chủ dặn không lấy hàng khi vắng mặt.",
    "Mất điện cả dãy, cửa cuốn không kéo lên được.",
    "Cuối tháng kiểm kho nên không tiếp ai.",
    "Mưa to, quán không mở, đứng trú gần đó 10 phút rồi đi.",
    "Cả nhà đi du lịch đến Chủ nhật.",
    "Đang họp tổ dân phố, nhắn lại rồi ghé chỗ khác trước.",
    "Bấm chuông không ai ra, xe máy vẫn dựng trong sân.",
    "Đổi giờ mở cửa sang chiều, từ 3 giờ.",
    "Chủ đi lấy hàng ở chợ đầu mối, quầy chỉ có bà cụ.",
)

LEADS = (
    "Chỗ mới mở được hai tuần, {ai} đang lấy hàng qua chợ, muốn xem giá sỉ.",
    "Để lại bộ mẫu sáu loại, {ai} hẹn thứ Năm trả lời.",
    "{Ai} thích trà ô long nhưng sợ khó bán, đề nghị ký gửi 2 thùng.",
    "Đang ăn hàng của hãng kia đến hết tháng, {ai} cho ghé lại sau.",
    "Vị trí đẹp, ngay ngã tư, {ai} muốn được cho mượn tủ mát mới ký.",
    "{Ai} phải bàn với người nhà rồi mới quyết, xin số Zalo cả hai.",
    "Nhân tiện đi ngang, vào chào {ai}, quán đang hoàn thiện, tháng sau khai trương.",
    "{Ai} nhận tờ giá, thắc mắc về hạn đổi trả, mình hẹn trả lời.",
    "Chủ nhà cũ vừa sang lại, {ai} chưa rõ sẽ bán gì.",
    "Có tiềm năng: gần hai trường học, {ai} chưa bán trà chai bao giờ.",
)

FORMER = (
    "Trả mặt bằng, chuyển về quê, đã thu lại tủ mát.",
    "Đổi sang bán quần áo, không lấy nước nữa.",
    "Chuyển qua lấy hết hàng của tổng đại lý bên kia cầu.",
    "Nghỉ bán hẳn, con gái đi làm xa không ai trông.",
    "Giá mình cao hơn, dừng lấy từ tháng này, vẫn giữ liên lạc.",
)

CALLS = (
    "Hẹn giao sáng thứ Hai.",
    "Báo hết trà chanh, giao bù trong tuần.",
    "Nhắc thanh toán đợt trước, khách hẹn chuyển khoản chiều nay.",
    "Khách đặt gấp {n} thùng cho tiệc tối.",
    "Không bắt máy, đã nhắn Zalo.",
    "Xác nhận đổi ngày ghé vì khách đi xa.",
    "Hỏi thăm hàng mới, khách bảo bán được.",
    "Khách báo giao nhầm loại, mai đổi lại.",
    "Gửi lại báo giá combo quà tặng qua Zalo.",
    "Khách xin số kế toán để đối chiếu.",
    "Hỏi địa chỉ mới, khách dời vào trong {lane}.",
    "Chúc mừng sinh nhật, hẹn ghé tuần sau.",
    "Khách hỏi bao giờ có hàng lại, hẹn thứ Tư.",
    "Báo trước giờ xe đến, khoảng 9 giờ.",
)

BY_TRADE = {
    "grocery": RETAIL, "minimart": RETAIL, "dealer": RETAIL, "pharmacy": RETAIL, "books": RETAIL,
    "stall": RETAIL, "person": ONLINE, "cafe": DRINKS, "tea": DRINKS, "food": MEALS, "hotel": ROOMS,
    "karaoke": SINGING, "canteen": CANTEENS, "office": OFFICE,
}  # fmt: skip

EVERY_NOTE = (
    *RETAIL, *DRINKS, *MEALS, *ROOMS, *SINGING, *CANTEENS, *ONLINE, *OFFICE, *ANYWHERE, *NOBODY_IN, *LEADS,
    *FORMER, *CALLS,
)  # fmt: skip


_SOLD = ("lấy thêm", "lấy {n} thùng", "lấy 1 thùng", "lấy như", "đặt thêm", "đặt đủ", "đặt như cũ", "mua thử")
_UNSOLD = (
    "chưa cần nhập",
    "không nhập thêm",
    "chưa đặt",
    "hẹn tháng sau",
    "bận, hẹn",
    "đi chợ",
)


def outcome_of(note: str) -> str | None:
    """The outcome that a note gives away, if it does: whoever writes "lấy thêm" sold something."""
    words = note.lower()
    if any(sign in words for sign in _UNSOLD):
        return "no_order"
    return "order_taken" if any(sign in words for sign in _SOLD) else None


def speak(note: str, who: str, number: int, lane: str) -> str:
    """Fill a note's gaps: whom one met ("chị Hạnh"), how many, and what the city calls a lane."""
    return note.format(ai=who, Ai=who[0].upper() + who[1:], n=number, lane=lane)
